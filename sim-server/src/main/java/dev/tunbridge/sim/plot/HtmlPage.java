package dev.tunbridge.sim.plot;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/**
 * A page of headings, words, tables and pictures in one file that needs no other, and is well-formed XML as well as HTML.
 * Not for several threads.
 */
public final class HtmlPage {
    /** On a dark page the pictures, which are drawn on white, are turned: light for dark, and each hue stays. */
    private static final String STYLE = """
            :root { color-scheme: light dark; }
            body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 72em; padding: 0 1em; }
            h1, h2 { line-height: 1.2; }
            h2 { margin-top: 2.2em; border-bottom: 1px solid #8886; }
            div.wide { overflow-x: auto; }
            table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
            th, td { padding: .25em .7em; border-bottom: 1px solid #8884; text-align: right; white-space: nowrap; }
            th:first-child, td:first-child { text-align: left; }
            img { max-width: 100%; height: auto; display: block; margin: 1em 0; }
            pre { overflow-x: auto; font-size: 12px; line-height: 1.35; }
            @media (prefers-color-scheme: dark) { img { filter: invert(.9) hue-rotate(180deg); } }
            """;

    private final StringBuilder body = new StringBuilder();
    private final String title;

    public HtmlPage(String title) {
        this.title = title;
        body.append("<h1>").append(SvgPage.escaped(title)).append("</h1>\n");
    }

    public void heading(String words) {
        body.append("<h2>").append(SvgPage.escaped(words)).append("</h2>\n");
    }

    public void paragraph(String words) {
        body.append("<p>").append(SvgPage.escaped(words)).append("</p>\n");
    }

    /**
     * A table, which scrolls by itself where it is wide.
     *
     * @param rows the head first; all of the same number of columns
     */
    public void table(List<List<String>> rows) {
        body.append("<div class=\"wide\"><table>\n");
        for (int row = 0; row < rows.size(); row++) {
            String tag = row == 0 ? "th" : "td";
            body.append("<tr>");
            for (String entry : rows.get(row)) {
                body.append('<').append(tag).append('>');
                body.append(SvgPage.escaped(entry));
                body.append("</").append(tag).append('>');
            }
            body.append("</tr>\n");
        }
        body.append("</table></div>\n");
    }

    /**
     * A picture, within the page.
     *
     * @param svg a whole document
     * @param words for whom cannot see it
     */
    public void picture(String svg, String words) {
        String data = Base64.getEncoder().encodeToString(svg.getBytes(StandardCharsets.UTF_8));
        body.append("<img alt=\"").append(SvgPage.escaped(words)).append("\" src=\"data:image/svg+xml;base64,");
        body.append(data).append("\"/>\n");
    }

    /** Text whose columns stay below one another. */
    public void verbatim(String text) {
        body.append("<pre>").append(SvgPage.escaped(text)).append("</pre>\n");
    }

    @Override
    public String toString() {
        return "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                + "<meta name=\"viewport\" content=\"width=device-width\"/>\n<title>" + SvgPage.escaped(title)
                + "</title>\n<style>\n" + STYLE + "</style>\n</head>\n<body>\n" + body + "</body>\n</html>\n";
    }
}

package dev.tunbridge.sim.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.sim.bench.load.TcpWorkload;
import dev.tunbridge.sim.bench.measure.LatencyCurve;
import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.measure.StallBins;
import dev.tunbridge.sim.bench.measure.Timeline;
import dev.tunbridge.sim.bench.plan.Cell;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** The page has a chart for whatever has data, and needs nothing but itself. */
class BenchHtmlTest {
    private static final long MILLISECOND = 1_000_000;

    private static Cell.Outcome measured(Cell cell) {
        double rate = (cell.peer().name().startsWith("ours") ? 8 : 10)
                / (cell.profile().name().startsWith("wan1") ? 4.0 : 1);
        if (cell.workload() instanceof TcpWorkload tcp) {
            StallBins bins = new StallBins(0, tcp.length().toNanos());
            for (int bin = 0; bin < bins.count(); bin++) {
                bins.add(bin * 100L * MILLISECOND, 12_500);
            }
            return new Cell.Measured(
                    cell,
                    Measures.ofBytes(1).with(Metric.RATE, rate * tcp.flows()).with(new Timeline(bins, List.of())));
        }
        long[] nanos = IntStream.range(0, 100)
                .mapToLong(number -> (50L + number) * MILLISECOND)
                .toArray();
        return new Cell.Measured(
                cell,
                Measures.ofBytes(0).with(Metric.PING_AVERAGE, 50 + cell.run()).with(LatencyCurve.of(nanos)));
    }

    private static Document parse(String xml) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(xml)));
    }

    private static List<Element> pictures(Document page) {
        NodeList found = page.getElementsByTagName("img");
        List<Element> pictures = new ArrayList<>();
        for (int at = 0; at < found.getLength(); at++) {
            pictures.add((Element) found.item(at));
        }
        return pictures;
    }

    @Test
    void everyFigureThatWasMeasuredIsDrawnInAPageThatNeedsNoOther() throws Exception {
        BenchReport report = Reports.of(
                List.of("direct", "ours", "ours:tun.tx-queue-length=5", "ours:tun.tx-queue-length=50"),
                List.of("veth", "wan0", "wan1", "wan0:delay=60ms"),
                List.of("tcp:down", "tcp:down,flows=8", "ping"),
                2,
                BenchHtmlTest::measured);
        String html = report.html();
        Document page = parse(html);
        List<Element> pictures = pictures(page);
        assertThat(pictures)
                .extracting(picture -> picture.getAttribute("alt"))
                .contains(
                        "tcp down, 1 flow, 10 s: rate (→ more is better)",
                        "ping, idle, 10 s: ping average (← less is better)",
                        "wan1: latency against rate (→ and ↓ are better)",
                        "tcp down, 1 flow, 10 s, % kept of the clean link's rate: rate (→ more is better)",
                        "wan1, ping, idle, 10 s: latency by percentile (← less is better)",
                        "wan0, tcp down, 8 flows, 10 s: rate over time (→ more is better)",
                        "wan0, tcp down, 10 s: rate (→ more is better)",
                        "wan0, tcp down, 1 flow, 10 s: rate (→ more is better)",
                        "wan1, ping, idle, 10 s: ping average (← less is better)");
        for (Element picture : pictures) {
            String source = picture.getAttribute("src");
            assertThat(source).startsWith("data:image/svg+xml;base64,");
            String svg = new String(
                    Base64.getDecoder().decode(source.substring(source.indexOf(',') + 1)), StandardCharsets.UTF_8);
            assertThat(parse(svg).getDocumentElement().getNodeName()).isEqualTo("svg");
            assertThat(svg).doesNotContain("<!DOCTYPE", "href=\"http");
        }
        assertThat(html).doesNotContain("<script", "<link", "@import", "src=\"http");
        assertThat(page.getDocumentElement().getTextContent())
                .contains("2.00 ×0.800", "kept: wan1, tcp down, 1 flow, 10 s over wan0: rate", "96 of 96 (100.0 %)");
    }

    @Test
    void whereNothingWasMeasuredThereIsNoChartButTheReason() throws Exception {
        BenchReport report = Reports.of(
                List.of("direct"),
                List.of("wan1"),
                List.of("tcp"),
                1,
                cell -> new Cell.Failed(cell, List.of("a < b & c")));
        Document page = parse(report.html());
        assertThat(pictures(page)).isEmpty();
        assertThat(page.getDocumentElement().getTextContent()).contains("a < b & c", "0 of 1 (0.0 %)");
    }

    @Test
    void theHeatMapShowsTheShareOfEachPeerOnEachImpairedLink() throws Exception {
        BenchReport report = Reports.of(
                List.of("direct", "ours"), List.of("wan0", "wan1", "wan3"), List.of("tcp"), 1, BenchHtmlTest::measured);
        assertThat(new ReportCharts(report).kept()).singleElement().satisfies(map -> {
            assertThat(map.columns()).containsExactly("direct", "ours");
            assertThat(map.rows()).containsExactly("wan1", "wan3");
            assertThat(map.tiles())
                    .extracting(tile ->
                            map.columns().get(tile.column()) + " " + map.rows().get(tile.row()) + " " + tile.value())
                    .containsExactly("direct wan1 25.0", "ours wan1 25.0", "direct wan3 100.0", "ours wan3 100.0");
        });
    }
}

package dev.tunbridge.sim.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.StringReader;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** Curves become pictures and tables that say what the numbers say. */
class SvgPageTest {
    private static final Chart LOSS = new Chart(
            "Lost <at> the \"device\" & elsewhere",
            Axis.logarithmic("queue, packets"),
            Axis.linear("%"),
            List.of(
                    new Series("ours", List.of(Point.of(1, 0), Point.of(1_000, 0))),
                    new Series("vtun", List.of(Point.ofValues(1, 60, 80, 100), Point.ofValues(1_000, 0, 10, 50)))));

    @Test
    void aPageIsWellFormedAndHasALineForEachSeriesAndABandWhereValuesSpread() throws Exception {
        Document page = parse(SvgPage.of(List.of(LOSS, LOSS)));
        assertThat(page.getDocumentElement().getNodeName()).isEqualTo("svg");
        assertThat(page.getElementsByTagName("polyline").getLength()).isEqualTo(4);
        assertThat(page.getElementsByTagName("polygon").getLength()).isEqualTo(2);
        assertThat(page.getElementsByTagName("circle").getLength()).isEqualTo(8);
        assertThat(texts(page))
                .contains("Lost <at> the \"device\" & elsewhere", "queue, packets", "%", "vtun", "1000", "100", "0");
    }

    @Test
    void pointsLieWhereTheAxesSay() throws Exception {
        Chart chart = new Chart(
                "",
                Axis.logarithmic("x"),
                Axis.linear("y"),
                List.of(new Series("s", List.of(Point.of(1, 0), Point.of(10, 50), Point.of(100, 100)))));
        NodeList dots = parse(SvgPage.of(List.of(chart))).getElementsByTagName("circle");
        double[] x =
                IntStream.range(0, 3).mapToDouble(at -> number(dots, at, "cx")).toArray();
        double[] y =
                IntStream.range(0, 3).mapToDouble(at -> number(dots, at, "cy")).toArray();
        assertThat(x[1]).as("a power of ten is half of two").isCloseTo((x[0] + x[2]) / 2, within(0.1));
        assertThat(x[0]).isLessThan(x[2]);
        assertThat(y[1]).isCloseTo((y[0] + y[2]) / 2, within(0.1));
        assertThat(y[0]).as("downwards in the picture").isGreaterThan(y[2]);
    }

    @Test
    void whatALogarithmCannotShowIsLeftOut() throws Exception {
        Chart chart = new Chart(
                "",
                Axis.logarithmic("x"),
                Axis.linear("y"),
                List.of(new Series("s", List.of(Point.of(0, 5), Point.of(10, 5)))));
        assertThat(parse(SvgPage.of(List.of(chart)))
                        .getElementsByTagName("circle")
                        .getLength())
                .isEqualTo(1);
    }

    @Test
    void aChartWithoutAnyPointIsAChartAllTheSame() throws Exception {
        Chart empty = new Chart("none", Axis.logarithmic("x"), Axis.linear("y"), List.of());
        assertThat(texts(parse(SvgPage.of(List.of(empty))))).contains("none");
    }

    @Test
    void marksAreRoundAndReachFromEndToEnd() {
        assertThat(Ruler.of(Axis.Scale.LINEAR, 3, 87).marks()).containsExactly(0.0, 20.0, 40.0, 60.0, 80.0, 100.0);
        assertThat(Ruler.of(Axis.Scale.LINEAR, -4, 4).marks()).startsWith(-4.0).endsWith(4.0);
        assertThat(Ruler.of(Axis.Scale.LINEAR, 0).marks()).startsWith(0.0).endsWith(1.0);
        assertThat(Ruler.of(Axis.Scale.LOGARITHMIC, 1, 5_000).marks())
                .hasSize(12)
                .startsWith(1.0)
                .endsWith(5_000.0);
    }

    @Test
    void quartilesLieBetweenValuesByTheirRank() {
        assertThat(Point.ofValues(1, 4, 1, 3, 2)).isEqualTo(new Point(1, 2.5, 1.75, 3.25));
        assertThat(Point.ofValues(1, 7)).isEqualTo(Point.of(1, 7));
        assertThatThrownBy(() -> Point.ofValues(1)).hasMessageContaining("at least one");
        assertThatThrownBy(() -> Point.of(1, Double.NaN)).hasMessageContaining("finite");
    }

    @Test
    void theTableHasARowForEachPlaceAndADashWhereASeriesHasNone() {
        Chart chart = new Chart(
                "",
                Axis.linear("ms"),
                Axis.linear("Mbit/s"),
                List.of(
                        new Series("a", List.of(Point.of(0, 1.25), Point.of(10, 12_345_678))),
                        new Series("b", List.of(new Point(10, 2, 1, 3)))));
        assertThat(chart.rows())
                .containsExactly(
                        List.of("ms", "a", "b"), List.of("0", "1.25", "-"), List.of("10", "12345678", "2 (1–3)"));
    }

    @Test
    void commaSeparatedValuesQuoteWhatNeedsIt() {
        assertThat(CsvPage.of(List.of(LOSS)).split("\r\n", -1))
                .hasSize(6)
                .startsWith("chart,series,x,y,lower quartile,upper quartile,x is,y is")
                .contains("\"Lost <at> the \"\"device\"\" & elsewhere\",vtun,1.0,80.0,70.0,90.0,\"queue, packets\",%");
    }

    private static double number(NodeList elements, int at, String attribute) {
        return Double.parseDouble(((Element) elements.item(at)).getAttribute(attribute));
    }

    private static List<String> texts(Document page) {
        NodeList found = page.getElementsByTagName("text");
        return IntStream.range(0, found.getLength())
                .mapToObj(at -> found.item(at).getTextContent())
                .toList();
    }

    private static Document parse(String page) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(page)));
    }
}

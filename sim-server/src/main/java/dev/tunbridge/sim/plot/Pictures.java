package dev.tunbridge.sim.plot;

import java.awt.Color;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.HeatMapChart;
import org.knowm.xchart.HeatMapChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Bars, dots and heat maps as SVG pictures, by XChart, which draws its letters as shapes: no font is needed to show them.
 * Curves are {@link SvgPage}'s, which can show quartiles.
 */
public final class Pictures {
    private static final int WIDTH = 960;
    private static final int HEIGHT = 380;
    private static final int HEAD_AND_FOOT = 150;
    private static final int ROW_HEIGHT = 36;
    private static final Color DARKEST = new Color(0x6b, 0xae, 0xd6);

    /** Of a coordinate: a hundredth of a pixel is nothing to see, and halves the picture. */
    private static final Pattern LONG_FRACTION = Pattern.compile("(\\d\\.\\d\\d)\\d+");

    static {
        // A server has no display, and a machine that has one need not be asked for it.
        System.setProperty("java.awt.headless", "true");
    }

    private Pictures() {}

    /**
     * A bar for each series at each category; a line on it to the farther one of a point's low and high.
     *
     * @param chart whose points' places are indices of categories
     */
    public static String bars(Chart chart, List<String> categories) throws IOException {
        CategoryChart bars = new CategoryChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(chart.title())
                .xAxisTitle(chart.x().label())
                .yAxisTitle(chart.y().label())
                .build();
        style(bars.getStyler());
        bars.getStyler().setAvailableSpaceFill(0.8);
        for (Series series : chart.series()) {
            List<@Nullable Double> values = new ArrayList<>();
            List<@Nullable Double> reaches = new ArrayList<>();
            for (int category = 0; category < categories.size(); category++) {
                int place = category;
                Point point = series.points().stream()
                        .filter(candidate -> candidate.x() == place)
                        .findFirst()
                        .orElse(null);
                values.add(point == null ? null : point.y());
                reaches.add(point == null ? null : Math.max(point.high() - point.y(), point.y() - point.low()));
            }
            bars.addSeries(series.name(), categories, values, reaches);
        }
        return svg(bars);
    }

    /** A dot for each point, none joined with another. */
    public static String dots(Chart chart) throws IOException {
        XYChart dots = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(chart.title())
                .xAxisTitle(chart.x().label())
                .yAxisTitle(chart.y().label())
                .build();
        style(dots.getStyler());
        dots.getStyler().setDefaultSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
        dots.getStyler().setMarkerSize(12);
        dots.getStyler().setXAxisLogarithmic(chart.x().scale() == Axis.Scale.LOGARITHMIC);
        dots.getStyler().setYAxisLogarithmic(chart.y().scale() == Axis.Scale.LOGARITHMIC);
        if (chart.x().scale() == Axis.Scale.LINEAR) {
            dots.getStyler().setXAxisMin(0.0);
        }
        if (chart.y().scale() == Axis.Scale.LINEAR) {
            dots.getStyler().setYAxisMin(0.0);
        }
        for (Series series : chart.series()) {
            if (!series.points().isEmpty()) {
                double[] x = series.points().stream().mapToDouble(Point::x).toArray();
                double[] y = series.points().stream().mapToDouble(Point::y).toArray();
                dots.addSeries(series.name(), x, y).setMarker(SeriesMarkers.CIRCLE);
            }
        }
        return svg(dots);
    }

    public static String heatMap(HeatMap map) throws IOException {
        HeatMapChart chart = new HeatMapChartBuilder()
                .width(WIDTH)
                .height(HEAD_AND_FOOT + ROW_HEIGHT * map.rows().size())
                .title(map.title())
                .xAxisTitle(map.x())
                .yAxisTitle(map.y())
                .build();
        style(chart.getStyler());
        chart.getStyler().setRangeColors(new Color[] {Color.WHITE, DARKEST});
        chart.getStyler().setMin(0);
        chart.getStyler().setMax(map.most());
        chart.getStyler().setShowValue(true);
        chart.getStyler().setHeatMapValueDecimalPattern("#");
        List<Number[]> tiles = new ArrayList<>();
        map.tiles().forEach(tile -> tiles.add(new Number[] {tile.column(), tile.row(), tile.value()}));
        chart.addSeries(map.title(), map.columns(), map.rows(), tiles);
        return svg(chart);
    }

    private static void style(AxesChartStyler styler) {
        styler.setChartBackgroundColor(Color.WHITE);
        styler.setPlotBorderVisible(false);
        styler.setPlotGridLinesColor(new Color(0xe0, 0xe0, 0xe0));
        styler.setLegendPosition(Styler.LegendPosition.OutsideE);
        styler.setLegendBorderColor(Color.WHITE);
        styler.setSeriesColors(Palette.COLOURS.stream().map(Color::decode).toArray(Color[]::new));
        styler.setLocale(Locale.ROOT);
    }

    private static String svg(org.knowm.xchart.internal.chartpart.Chart<?, ?> chart) throws IOException {
        String drawn = new String(ChartEncoder.getBytes(chart, "svg"), StandardCharsets.UTF_8);
        // Without the address of a document type, which a strict reader would fetch.
        String text = drawn.replaceFirst("<!DOCTYPE[^>]*>\\s*", "");
        return LONG_FRACTION.matcher(text).replaceAll("$1");
    }
}

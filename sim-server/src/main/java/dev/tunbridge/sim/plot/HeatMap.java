package dev.tunbridge.sim.plot;

import java.util.List;

/**
 * Values by column and row, to be seen as colours.
 *
 * @param columns from left to right
 * @param rows from bottom to top
 * @param most value of the darkest colour, zero being the lightest
 */
public record HeatMap(
        String title, String x, String y, List<String> columns, List<String> rows, List<Tile> tiles, double most) {

    /**
     * One value.
     *
     * @param value from zero on
     */
    public record Tile(int column, int row, double value) {}

    public HeatMap {
        columns = List.copyOf(columns);
        rows = List.copyOf(rows);
        tiles = List.copyOf(tiles);
    }
}

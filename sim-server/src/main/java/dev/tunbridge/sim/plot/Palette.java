package dev.tunbridge.sim.plot;

import java.util.List;

/** Colours of series. */
final class Palette {
    /** Of Okabe and Ito: told apart by those who see fewer colours, too. */
    static final List<String> COLOURS =
            List.of("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#b3a800");

    private Palette() {}
}

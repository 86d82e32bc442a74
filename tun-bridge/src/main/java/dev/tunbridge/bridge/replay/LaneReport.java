package dev.tunbridge.bridge.replay;

import dev.tunbridge.reassembly.recovery.LaneState;
import dev.tunbridge.reassembly.recovery.RecoveryCounters;

/**
 * What the raw lane has done.
 *
 * @param state where it stood at the end
 * @param counters of segments and frames; not to be kept beyond the replay's thread
 */
public record LaneReport(LaneState state, RecoveryCounters counters) {}

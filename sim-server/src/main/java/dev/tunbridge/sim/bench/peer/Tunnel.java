package dev.tunbridge.sim.bench.peer;

import dev.tunbridge.sim.lab.DeviceDrops;
import dev.tunbridge.sim.lab.LabProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A tunnel that runs: its ends, and the processes that are it; none for the bare link. */
public final class Tunnel implements AutoCloseable {
    private static final Duration GOODBYE = Duration.ofSeconds(2);

    private final Ends ends;
    private final List<LabProcess> deviceEnd;
    private volatile List<LabProcess> serverEnd;
    private final Optional<OuterWire> wire;
    private final Optional<BridgeAccount> account;
    private Optional<ServerStart> serverStart = Optional.empty();

    /** What server ends that are gone have used. */
    private ProcessCost ended = ProcessCost.NONE;

    /** Starts the server end once more; the tunnel need not carry anything yet. */
    interface ServerStart {
        LabProcess start() throws IOException, InterruptedException;
    }

    /** One whose outer connection tells nothing. */
    Tunnel(Ends ends, List<LabProcess> deviceEnd, List<LabProcess> serverEnd) {
        this(ends, deviceEnd, serverEnd, Optional.empty(), Optional.empty());
    }

    Tunnel(
            Ends ends,
            List<LabProcess> deviceEnd,
            List<LabProcess> serverEnd,
            Optional<OuterWire> wire,
            Optional<BridgeAccount> account) {
        this.ends = ends;
        this.deviceEnd = List.copyOf(deviceEnd);
        this.serverEnd = List.copyOf(serverEnd);
        this.wire = wire;
        this.account = account;
    }

    public Ends ends() {
        return ends;
    }

    public Optional<OuterWire> wire() {
        return wire;
    }

    /** What the tunnel leaves behind that it has counted of itself; to be read once it is closed. */
    public Optional<BridgeAccount> account() {
        return account;
    }

    /** With a way to start its server end again. */
    Tunnel restartable(ServerStart start) {
        serverStart = Optional.of(start);
        return this;
    }

    /** Kills the server end, without a word to the other, and waits until it is gone. */
    public void killServer() {
        ProcessCost used = serverCost();
        serverEnd.forEach(LabProcess::close);
        serverEnd = List.of();
        ended = new ProcessCost(used.cpuSeconds(), 0);
    }

    /** Once it has been killed. */
    public void startServer() throws IOException, InterruptedException {
        ServerStart start = serverStart.orElseThrow(() -> new IOException("this server end cannot be started again"));
        serverEnd = List.of(start.start());
    }

    public boolean hasProcesses() {
        return !deviceEnd.isEmpty() || !serverEnd.isEmpty();
    }

    /** What the device of the end that sends has not taken, from the start of the tunnel on. */
    public DeviceDrops drops(Direction direction) throws IOException {
        return direction == Direction.UP
                ? DeviceDrops.of(ends.deviceSide(), ends.device())
                : DeviceDrops.of(ends.serverSide(), ends.server());
    }

    /** What the processes of the device's end have in memory now. */
    public long deviceResidentBytes() {
        return ProcessCost.residentBytes(deviceEnd.stream().mapToLong(LabProcess::pid));
    }

    public ProcessCost deviceCost() {
        return ProcessCost.of(deviceEnd.stream().mapToLong(LabProcess::pid));
    }

    public ProcessCost serverCost() {
        return ended.plus(ProcessCost.of(serverEnd.stream().mapToLong(LabProcess::pid)));
    }

    /** The last words of a process that has ended, though nobody asked it to. */
    public Optional<String> fault() {
        return Stream.concat(deviceEnd.stream(), serverEnd.stream())
                .filter(process -> !process.isAlive())
                .findFirst()
                .map(process -> {
                    List<String> lines = process.output();
                    return "a tunnel process has ended: " + (lines.isEmpty() ? "" : lines.get(lines.size() - 1));
                });
    }

    /** Asks the processes to end, so that they take back what they have made, and kills those that do not. */
    @Override
    public void close() {
        List<LabProcess> processes =
                Stream.concat(deviceEnd.stream(), serverEnd.stream()).toList();
        processes.forEach(LabProcess::terminate);
        for (LabProcess process : processes) {
            try {
                process.awaitExit(GOODBYE);
            } catch (IOException e) {
                // killed below
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            process.close();
        }
    }
}

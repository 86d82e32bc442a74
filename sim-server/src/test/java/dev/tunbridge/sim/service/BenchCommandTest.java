package dev.tunbridge.sim.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.service.ExitCode;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** A wrong benchmark is refused in one line, before anything is started. */
class BenchCommandTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--peer ipsec|sshuttle, socat, haproxy or ours",
                "--peer ours:qeue.bytes=1MiB|the nearest is 'queue.bytes'",
                "--set nothing|KEY=VALUE",
                "--peer vtun --peer vtun|each peer once",
                "--profile nonsense|wan1",
                "--profile wan1 --link loss=200|loss",
                "--profile veth --link loss=1|profile clear",
                "--workload tcp:flows=none|flows",
                "--workload stream:sideways|down, up",
                "--runs 0|--runs: '0'",
                "--runs many|a whole number",
                "--seed x|a whole number",
                "--peer vtun:congestion-control=nope|one that this kernel has",
                "--peer ours:socket.congestion-control=nope|one that this kernel has",
                "--warm-up -1|--warm-up",
                "--peer direct --against-peer vtun|--against-peer",
                "--json /no/such/folder/file.json|cannot write",
                "--campaign round-the-world|past-the-hole",
                "--campaign past-the-hole --peer ours|--peer does not go with it",
                "--campaign past-the-hole --quick|--quick does not go with it",
                "--campaign past-the-hole --profile sea120|of campaign past-the-hole: wan1",
                "--quick --full|one of them",
                "--retries 11|0 to 10",
                "--against /no/such/file.json|a file that there is",
                "--against .|cannot read",
                "--campaign past-the-hole --against earlier.json|--against does not go with it",
                "--fast|Unknown option"
            })
    void aWrongCommandLineGetsOneLineAndExitCodeTwo(String arguments, String said) {
        StringWriter errors = new StringWriter();
        CommandLine line = Main.commandLine();
        line.setErr(new PrintWriter(errors, true));
        int code = line.execute(("bench " + arguments).split(" ", -1));
        assertThat(errors.toString()).contains(said);
        assertThat(errors.toString().strip().lines()).as("one line").hasSize(1);
        assertThat(code).isEqualTo(ExitCode.USAGE);
    }
}

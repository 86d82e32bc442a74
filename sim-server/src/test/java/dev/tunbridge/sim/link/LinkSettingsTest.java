package dev.tunbridge.sim.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LinkSettingsTest {

    @Test
    void setsBothDirectionsUnlessOneIsNamed() throws Exception {
        LinkProfile profile =
                LinkProfile.CLEAR.with(List.of("rate=20mbit", "ab.loss=1", "ba.delay=25ms", "queue=250kB"));
        assertThat(profile.ab().bitsPerSecond()).isEqualTo(20_000_000);
        assertThat(profile.ba().bitsPerSecond()).isEqualTo(20_000_000);
        assertThat(profile.ab().loss()).isEqualTo(Chance.independent(0.01));
        assertThat(profile.ba().loss()).isEqualTo(Chance.NEVER);
        assertThat(profile.ab().delayNanos()).isZero();
        assertThat(profile.ba().delayNanos()).isEqualTo(25_000_000);
        assertThat(profile.ab().queueBytes()).isEqualTo(250_000);
    }

    @Test
    void laysSettingsOverAProfile() throws Exception {
        LinkProfile profile = LinkProfile.named("ge").with(List.of("ab.ge.bad=50%", "ab.ge.p = 2"));
        assertThat(profile.ab().gilbertElliott()).isEqualTo(new GilbertElliott(0.02, 0.25, 0.5, 0.01));
        assertThat(profile.ba()).isEqualTo(LinkProfile.named("ge").ba());
    }

    @Test
    void readsEveryUnit() throws Exception {
        Impairment read = LinkProfile.CLEAR
                .with(List.of("delay=0.5s", "jitter=1500us", "rate=1.5gbit", "queue=2MiB", "drop.bytes=1, 2897"))
                .ab();
        assertThat(read.delayNanos()).isEqualTo(500_000_000);
        assertThat(read.jitterNanos()).isEqualTo(1_500_000);
        assertThat(read.bitsPerSecond()).isEqualTo(1_500_000_000);
        assertThat(read.queueBytes()).isEqualTo(2 << 20);
        assertThat(read.drops().dataBytes()).containsExactly(1L, 2897L);
    }

    @Test
    void everyDescribedKeyIsAKey() {
        assertThat(LinkSettings.describe()).hasSizeGreaterThan(20).allSatisfy(line -> {
            String key = line.substring(0, line.indexOf(' '));
            assertThatThrownBy(() -> LinkProfile.CLEAR.with(List.of(key + "=no such value")))
                    .isInstanceOf(LinkSettingException.class)
                    .hasMessageStartingWith(key + ": 'no such value'");
        });
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ab.loss=101          | ab.loss: '101' cannot be; allowed: 0 to 100 (percent)
            loss=-1              | loss: '-1' cannot be; allowed: 0 to 100 (percent)
            loss=NaN             | loss: 'NaN' cannot be; allowed: 0 to 100 (percent)
            loss.correlation=100 | loss.correlation: '100' cannot be; allowed: 0 to less than 100 (percent)
            delay=25             | delay: '25' cannot be; allowed: a number with ns, us, ms or s, up to 3600s, such as 25ms
            delay=61s            | ab: 'these settings together' cannot be: delay 61000000000 ns; allowed 0 to 60 s
            rate=20              | rate: '20' cannot be; allowed: a number with bit, kbit, mbit or gbit, up to 100gbit, or 0 for no limit
            queue=9999999MB      | queue: '9999999MB' cannot be; allowed: a number of bytes, or with kB, MB, KiB or MiB, up to 1024MiB
            drop.bytes=1,,2      | drop.bytes: '1,,2' cannot be; allowed: whole numbers from 1 on, separated by commas, at most 1024
            drop.bytes=0         | drop.bytes: '0' cannot be; allowed: whole numbers from 1 on, separated by commas, at most 1024
            drop.port=70000      | drop.port: '70000' cannot be; allowed: 0 (any) to 65535
            correlation=linear   | correlation: 'linear' cannot be; allowed: share, netem
            loss                 | set: 'loss' cannot be; allowed: key=value, such as ab.loss=1 or rate=20mbit
            jitter=5ms           | ab: 'these settings together' cannot be: jitter 5000000 ns; allowed 0 to the delay, 0 ns
            """)
    void refusesWithFieldValueAndWhatIsAllowed(String setting, String message) {
        assertThatThrownBy(() -> LinkProfile.CLEAR.with(List.of(setting)))
                .isInstanceOf(LinkSettingException.class)
                .hasMessage(message);
    }

    @Test
    void namesTheKeysThereAre() {
        assertThatThrownBy(() -> LinkProfile.CLEAR.with(List.of("ab.lost=1")))
                .hasMessageStartingWith("set: 'ab.lost' cannot be; allowed: delay, jitter, rate, queue, loss, ");
    }

    @Test
    void refusesABlackoutWithoutEnd() {
        assertThatThrownBy(() -> LinkProfile.CLEAR.with(List.of("blackout.for=2s", "blackout.every=2s")))
                .hasMessageContaining("would never end");
    }

    @Test
    void aKernelPairTakesNoSettings() {
        assertThatThrownBy(() -> LinkProfile.named("veth").with(List.of("loss=1")))
                .hasMessage("set: 'loss=1' cannot be; allowed: nothing on profile veth; profile clear takes settings");
    }

    @Test
    void refusesAnUnknownProfileAndNamesAll() {
        assertThatThrownBy(() -> LinkProfile.named("wan2"))
                .hasMessage("profile: 'wan2' cannot be; allowed: veth, clear, baseline, wan0, wan1, wan3, low, medium, "
                        + "high, ge, blackout, sea120");
    }

    @Test
    void profilesAreThePublishedOnes() throws Exception {
        assertThat(LinkProfile.named("wan1").ab())
                .isEqualTo(VirtualLink.impairment("delay=25ms", "rate=20mbit", "queue=250kB", "loss=1"));
        assertThat(LinkProfile.named("wan3").ba())
                .isEqualTo(VirtualLink.impairment("delay=25ms", "rate=20mbit", "queue=250kB", "loss=3"));
        assertThat(LinkProfile.named("low").ab())
                .isEqualTo(VirtualLink.impairment(
                        "delay=2ms", "jitter=500us", "rate=100mbit", "queue=400kB", "loss=0.25", "reorder=0.5"));
        assertThat(LinkProfile.named("high").ba())
                .isEqualTo(VirtualLink.impairment(
                        "delay=6ms",
                        "jitter=1500us",
                        "rate=100mbit",
                        "queue=400kB",
                        "loss=2.5",
                        "loss.correlation=50",
                        "reorder=5"));
        assertThat(LinkProfile.named("ge").ab().gilbertElliott().stationaryLoss())
                .isBetween(0.0442, 0.0443);
        assertThat(LinkProfile.named("sea120").ab())
                .isEqualTo(VirtualLink.impairment("delay=60ms", "rate=50mbit", "queue=1500kB", "loss=0.1"));
        assertThat(LinkProfile.named("baseline").ab())
                .isEqualTo(VirtualLink.impairment("delay=300us", "rate=100mbit", "queue=400kB"));
    }
}

package dev.tunbridge.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KernelReleaseTest {
    @ParameterizedTest
    @CsvSource({
        "6.1.0-32-amd64, 5, 18, true",
        "5.18.0, 5, 18, true",
        "5.15.0-91-generic, 5, 18, false",
        "4.18.0-553.el8.x86_64, 5, 18, false",
        "5.4, 4, 17, true",
        "10.0-rc1, 5, 18, true"
    })
    void comparesNumbersAndNotTexts(String release, int major, int minor, boolean expected) {
        assertThat(KernelRelease.parse(release).isAtLeast(major, minor)).isEqualTo(expected);
    }

    @Test
    void knowsTheOneThatRuns() {
        assertThat(KernelRelease.current().isAtLeast(3, 0)).isTrue();
        assertThat(System.getProperty("os.version")).startsWith(KernelRelease.current() + "");
    }

    @Test
    void saysWhatIsNone() {
        assertThatThrownBy(() -> KernelRelease.parse("six"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("kernel release six; allowed MAJOR.MINOR and more behind it");
    }
}

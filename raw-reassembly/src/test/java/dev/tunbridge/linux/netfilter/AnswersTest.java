package dev.tunbridge.linux.netfilter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.NetlinkSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a kernel may say, and what none says: whatever comes, the end of it is an outcome. */
class AnswersTest {
    private static final int NLMSG_ERROR = 2;
    private static final int FIRST = 7;
    private static final int ROUNDS = 20_000;

    /** Numbered 7 (the beginning), 8 and 9. */
    private final Transaction transaction = Transaction.of("t").removeTableIfPresent();

    private final Answers answers = new Answers(transaction, FIRST);

    private void answer(int type, int sequence, int... words) {
        ByteBuffer bytes = ByteBuffer.allocate(words.length * Integer.BYTES).order(ByteOrder.nativeOrder());
        for (int word : words) {
            bytes.putInt(word);
        }
        answers.accept(new NetlinkSocket.Header(type, 0, sequence), bytes, 0, bytes.capacity());
    }

    @Test
    void isWellWhereEachChangeWasConfirmed() {
        answer(NLMSG_ERROR, 8, 0);
        answer(NLMSG_ERROR, 9, 0);
        assertThatCode(answers::check).doesNotThrowAnyException();
    }

    @Test
    void namesTheFirstOfSeveralFaultsWhateverTheirOrder() {
        answer(NLMSG_ERROR, 9, -Errno.ENOENT.number());
        answer(NLMSG_ERROR, 8, -Errno.EPERM.number());
        assertThatThrownBy(answers::check)
                .hasMessageStartingWith("nftables: add table (change 1 of 2), table inet t: EPERM");
    }

    @Test
    void namesWhatIsMissingWhereTheWholeIsRefused() {
        answer(NLMSG_ERROR, 7, -Errno.EOPNOTSUPP.number());
        assertThatThrownBy(answers::check)
                .hasMessageStartingWith("nftables: transaction of 2 changes, table inet t: EOPNOTSUPP")
                .hasMessageEndingWith("this kernel has no nftables (module nf_tables, CONFIG_NF_TABLES)");
    }

    @Test
    void silenceIsAFault() {
        answer(NLMSG_ERROR, 8, 0);
        assertThatThrownBy(answers::check)
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EIO))
                .hasMessageContaining("remove table (change 2 of 2)")
                .hasMessageEndingWith("no answer to it");
    }

    @Test
    void answersToOthersAndDamagedOnesCountForNothing() {
        answer(NLMSG_ERROR, 6, -Errno.EPERM.number());
        answer(NLMSG_ERROR, 10, -Errno.EPERM.number());
        answer(3, 8, -Errno.EPERM.number());
        answer(NLMSG_ERROR, 8);
        assertThatThrownBy(answers::check).hasMessageEndingWith("no answer to it");
    }

    /** Four octets of zero confirm; whatever else comes, nothing is thrown but a fault with an errno. */
    @Test
    void randomAnswersEndInAnOutcome() {
        Random random = new Random(20260101);
        int well = 0;
        for (int round = 0; round < ROUNDS; round++) {
            Answers fresh = new Answers(transaction, FIRST);
            for (int message = 0; message < 6; message++) {
                byte[] bytes = new byte[random.nextInt(24)];
                if (random.nextInt(3) == 0) {
                    random.nextBytes(bytes);
                }
                fresh.accept(
                        new NetlinkSocket.Header(1 + random.nextInt(2), random.nextInt(), FIRST + random.nextInt(4)),
                        ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()),
                        random.nextInt(bytes.length + 1),
                        bytes.length);
            }
            try {
                fresh.check();
                well++;
            } catch (LinuxException e) {
                assertThat(e.errno().number()).isNotZero();
            }
        }
        assertThat(well).isBetween(1, ROUNDS / 2);
    }
}

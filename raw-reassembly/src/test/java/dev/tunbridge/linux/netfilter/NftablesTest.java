package dev.tunbridge.linux.netfilter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.netlink.OtherHost;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the kernel refuses is named by change, errno and what it lacks, and nothing of the transaction has happened. */
class NftablesTest {
    private OtherHost host;
    private Nftables nftables;

    @BeforeEach
    void open() throws Exception {
        host = new OtherHost();
        nftables = host.call(Nftables::open);
        try {
            nftables.execute(table().addTable(TableKind.LASTING).removeTable());
        } catch (LinuxException e) {
            close();
            Assumptions.abort("needs nftables in the kernel: " + e.getMessage());
        }
    }

    @AfterEach
    void close() throws Exception {
        nftables.close();
        host.close();
    }

    private static Transaction table() {
        return Transaction.of("t");
    }

    private static BaseChain chain(String type) {
        return new BaseChain("c", type, BaseChain.Hook.OUTPUT, 0);
    }

    /** ENOENT where there is none. */
    private void assertThatThereIsNoTable() {
        assertThatThrownBy(() -> nftables.execute(table().removeTable()))
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
    }

    @Test
    void namesATypeOfChainThatTheKernelLacks() {
        assertThatThrownBy(() ->
                        nftables.execute(table().addTable(TableKind.LASTING).addChain(chain("nosuch"))))
                .hasMessageStartingWith(
                        "nftables: add chain c (type nosuch hook output) (change 2 of 2), table inet t: ENOENT")
                .hasMessageContaining("CONFIG_NF_TABLES_INET");
        assertThatThereIsNoTable();
    }

    @Test
    void namesTheExpressionsOfARuleThatTheKernelLacks() {
        Transaction transaction = table().addTable(TableKind.LASTING)
                .addChain(chain(BaseChain.FILTER))
                .addRule("c", List.of(Expression.meta(MetaKey.MARK), new Expression("nosuch", data -> {})));
        assertThatThrownBy(() -> nftables.execute(transaction))
                .hasMessageStartingWith("nftables: add rule to chain c (change 3 of 3), table inet t: ENOENT")
                .hasMessageContaining("nft_meta, nft_nosuch");
        assertThatThereIsNoTable();
    }

    @Test
    void refusesAFlagThatTheKernelDoesNotKnow() {
        assertThatThrownBy(() -> nftables.execute(table().addTable(new TableKind(0x4000_0000))))
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).isIn(Errno.EINVAL, Errno.EOPNOTSUPP));
        assertThatThereIsNoTable();
    }

    @Test
    void anOwnedTableGoesWithItsSocketAndALastingOneStays() throws Exception {
        for (TableKind kind : List.of(TableKind.OWNED, TableKind.LASTING)) {
            Nftables other = host.call(Nftables::open);
            other.execute(table().addTable(kind).addChain(chain(BaseChain.FILTER)));
            other.close();
            if (kind.equals(TableKind.OWNED)) {
                assertThatThereIsNoTable();
            } else {
                assertThatCode(() -> nftables.execute(table().removeTable())).doesNotThrowAnyException();
            }
        }
    }

    @Test
    void whoDoesNotOwnATableIsToldSo() throws Exception {
        try (Nftables other = host.call(Nftables::open)) {
            other.execute(table().addTable(TableKind.OWNED));
            assertThatThrownBy(() -> nftables.execute(table().removeTable()))
                    .hasMessageStartingWith("nftables: remove table (change 1 of 1), table inet t: EPERM")
                    .hasMessageEndingWith("it belongs to another socket that is open (flags owner)");
            other.execute(table().removeTableIfPresent().addTable(TableKind.OWNED));
        }
        assertThatThereIsNoTable();
    }

    @Test
    void goesOnAfterAFault() throws Exception {
        assertThatThereIsNoTable();
        nftables.execute(table().addTable(TableKind.OWNED));
        nftables.execute(table().removeTable());
        assertThatThereIsNoTable();
    }
}

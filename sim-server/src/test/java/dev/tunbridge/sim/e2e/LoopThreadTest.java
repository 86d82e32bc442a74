package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.queue.AppOutbox;
import dev.tunbridge.bridge.queue.EgressQueue;
import dev.tunbridge.bridge.suppress.RetransmitSuppressor;
import dev.tunbridge.bridge.suppress.SenderFeedback;
import java.lang.reflect.Constructor;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** In a running bridge, no thread but the loop's is ever in suppression or queue, whoever asks the bridge for what. */
class LoopThreadTest {
    private final ThreadWitness classes =
            new ThreadWitness(name -> name.startsWith(EgressQueue.class.getPackageName() + ".")
                    || name.startsWith(RetransmitSuppressor.class.getPackageName() + "."));

    @BeforeEach
    void forgetEarlierCalls() {
        ThreadWitness.forget();
    }

    @Test
    void onlyTheLoopIsInSuppressionAndQueue() throws Exception {
        Scenes.requireLab();
        Object loop = ((Callable<?>) made(WayUpPlay.class.getName())).call();
        Map<String, Set<Thread>> callers = ThreadWitness.callers();
        assertThat(callers)
                .containsKeys(
                        EgressQueue.class.getName(),
                        AppOutbox.class.getName(),
                        RetransmitSuppressor.class.getName(),
                        SenderFeedback.class.getName());
        assertThat(callers)
                .allSatisfy((type, threads) -> assertThat(threads).as(type).containsExactly((Thread) loop));
    }

    @Test
    void anotherThreadWouldBeSeen() throws Exception {
        made(AppOutbox.class.getName(), 1_000);
        assertThat(ThreadWitness.callers()).containsEntry(AppOutbox.class.getName(), Set.of(Thread.currentThread()));
        assertThat(new AppOutbox(1_000).isEmpty())
                .as("the test's own does not tell")
                .isTrue();
        assertThat(ThreadWitness.callers()).hasSize(1);
    }

    private Object made(String name, Object... arguments) throws Exception {
        Constructor<?> constructor = classes.loadClass(name).getDeclaredConstructors()[0];
        constructor.setAccessible(true);
        return constructor.newInstance(arguments);
    }
}

package dev.tunbridge.bridge.service;

import java.lang.reflect.Proxy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Signals that operators send: SIGUSR1, which HotSpot leaves to applications on Linux (it takes SIGUSR2 for itself), and SIGHUP,
 * which it gives to who asks. Java has no API for signals but {@code sun.misc.Signal} of the module {@code jdk.unsupported}; by name, because the compiler warns of it and cannot be told
 * not to. Where a virtual machine has none, or keeps the signal, the signal ends the process as ever, and the log says so.
 */
enum UserSignal {
    USR1,
    HUP;

    private static final Logger LOG = LoggerFactory.getLogger(UserSignal.class);

    /** Runs this for each signal from now on, on a thread of the virtual machine. */
    void onEach(Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object calling = Proxy.newProxyInstance(
                    UserSignal.class.getClassLoader(), new Class<?>[] {handler}, (proxy, method, arguments) -> {
                        if (method.getName().equals("handle")) {
                            action.run();
                            return null;
                        }
                        return switch (method.getName()) {
                            case "equals" -> proxy == arguments[0];
                            case "hashCode" -> System.identityHashCode(proxy);
                            default -> "on SIG" + name();
                        };
                    });
            Object before = signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name()), calling);
            // HotSpot leaves SIGHUP ignored where it was at its start, as under nohup, and says so in this way only;
            // others it takes.
            if (this == HUP && before == handler.getField("SIG_IGN").get(null)) {
                LOG.warn("SIGHUP is ignored here, as nohup has it: 'tunbridge reload' does the same");
            }
        } catch (ReflectiveOperationException | RuntimeException e) {
            LOG.warn("SIG{} is not heard here, it ends the process: {}", name(), String.valueOf(e.getCause()));
        }
    }
}

package dev.tunbridge.bridge.service;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.joran.spi.ConsoleTarget;
import ch.qos.logback.core.spi.ContextAwareBase;
import org.slf4j.Logger;

/**
 * How the programs log: faults to stderr, where operators read them; the level comes from the command line. An application that
 * links the bridge configures its own logging, and is left to. In code, because a file would take an XML parser and a fifth of a
 * second of each start. Logback finds it as a service.
 */
@ConfiguratorRank(ConfiguratorRank.CUSTOM_TOP_PRIORITY)
public final class LogConfigurator extends ContextAwareBase implements Configurator {

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        if (!Main.isProgram()) {
            return ExecutionStatus.INVOKE_NEXT_IF_ANY;
        }
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern("%d{HH:mm:ss.SSS} %-5level %msg%n%ex{20}");
        encoder.start();
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setName("STDERR");
        appender.setTarget(ConsoleTarget.SystemErr.getName());
        appender.setEncoder(encoder);
        appender.start();
        context.getLogger("io.netty").setLevel(Level.WARN);
        // Whoever tries the simulated server wants to see who comes and goes.
        context.getLogger("dev.tunbridge.sim.server").setLevel(Level.INFO);
        // In a fresh namespace no interface has an address to make channel ids of; random ones do as well.
        context.getLogger("io.netty.util.internal.MacAddressUtil").setLevel(Level.ERROR);
        ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.addAppender(appender);
        String given = System.getProperty(Main.LOG_LEVEL, Level.WARN.toString());
        Level level = Level.toLevel(given, null);
        root.setLevel(level == null ? Level.WARN : level);
        if (level == null) {
            root.warn("{} is '{}'; allowed OFF, ERROR, WARN, INFO, DEBUG, TRACE, ALL", Main.LOG_LEVEL, given);
        }
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }
}

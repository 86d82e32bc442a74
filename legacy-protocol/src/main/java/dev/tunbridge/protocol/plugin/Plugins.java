package dev.tunbridge.protocol.plugin;

import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/** The plugins that there are, by the names that descriptions call them. Immutable. */
public final class Plugins {
    /** None. */
    public static final Plugins NONE = new Plugins(Map.of(), Map.of());

    private final Map<String, SessionDriverFactory> drivers;
    private final Map<String, MessageMapperFactory> mappers;

    private Plugins(Map<String, SessionDriverFactory> drivers, Map<String, MessageMapperFactory> mappers) {
        this.drivers = drivers;
        this.mappers = mappers;
    }

    /**
     * Those that this loader and the ones above it know.
     *
     * @throws IllegalArgumentException if one cannot be loaded, or two have one name
     */
    public static Plugins of(ClassLoader loader) {
        return new Plugins(
                load(SessionDriverFactory.class, loader, SessionDriverFactory::name),
                load(MessageMapperFactory.class, loader, MessageMapperFactory::name));
    }

    private static <F> Map<String, F> load(Class<F> kind, ClassLoader loader, Function<F, String> name) {
        Map<String, F> byName = new TreeMap<>();
        try {
            for (F factory : ServiceLoader.load(kind, loader)) {
                F other = byName.putIfAbsent(name.apply(factory), factory);
                if (other != null && other.getClass() != factory.getClass()) {
                    throw new IllegalArgumentException("two plugins are named " + name.apply(factory) + ": "
                            + other.getClass().getName() + " and "
                            + factory.getClass().getName());
                }
            }
        } catch (ServiceConfigurationError | LinkageError | NullPointerException e) {
            throw new IllegalArgumentException("a plugin cannot be loaded: " + e.getMessage(), e);
        }
        return byName;
    }

    public Optional<SessionDriverFactory> driver(String name) {
        return Optional.ofNullable(drivers.get(name));
    }

    public Optional<MessageMapperFactory> mapper(String name) {
        return Optional.ofNullable(mappers.get(name));
    }

    public Set<String> driverNames() {
        return drivers.keySet();
    }

    public Set<String> mapperNames() {
        return mappers.keySet();
    }
}

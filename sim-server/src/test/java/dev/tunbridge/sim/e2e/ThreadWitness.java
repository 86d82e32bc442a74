package dev.tunbridge.sim.e2e;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.description.type.TypeDescription;
import net.bytebuddy.dynamic.ClassFileLocator;
import net.bytebuddy.matcher.ElementMatchers;
import net.bytebuddy.pool.TypePool;

/**
 * Who calls what: the project's classes once more, of which some tell at the entry of each method and constructor on which thread it
 * runs. It needs no agent, because these are classes of their own, beside those of the test; so what is played with them is loaded here
 * too.
 */
public final class ThreadWitness extends ClassLoader {
    private static final String OURS = "dev.tunbridge.";

    /** Asked by the witnessed classes, so it is there once, whoever loads them. */
    private static final Map<String, Set<Thread>> CALLERS = new ConcurrentHashMap<>();

    private final Predicate<String> witnessed;
    private final ClassFileLocator files;
    private final TypePool types;

    /** @param witnessed the classes that tell, by their names; values of them do not, for those may go anywhere */
    ThreadWitness(Predicate<String> witnessed) {
        super(ThreadWitness.class.getClassLoader());
        this.witnessed = witnessed;
        files = ClassFileLocator.ForClassLoader.of(getParent());
        types = TypePool.Default.of(files);
    }

    /** For the witnessed classes alone. */
    public static void called(String type) {
        CALLERS.computeIfAbsent(type, first -> ConcurrentHashMap.newKeySet()).add(Thread.currentThread());
    }

    /** The threads that were in a method of each class that has been used. */
    static Map<String, Set<Thread>> callers() {
        return Map.copyOf(CALLERS);
    }

    static void forget() {
        CALLERS.clear();
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(OURS) || name.startsWith(ThreadWitness.class.getName())) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded == null ? findClass(name) : loaded;
        }
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        try {
            byte[] file = witnessed.test(name) ? telling(name) : plain(name);
            return defineClass(name, file, 0, file.length);
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }

    private byte[] plain(String name) throws IOException, ClassNotFoundException {
        try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            return in.readAllBytes();
        }
    }

    private byte[] telling(String name) throws IOException, ClassNotFoundException {
        TypeDescription type = types.describe(name).resolve();
        if (type.isInterface() || type.isRecord() || type.isEnum() || type.isAssignableTo(Throwable.class)) {
            return plain(name);
        }
        return new ByteBuddy()
                .redefine(type, files)
                .visit(Advice.to(Entry.class).on(ElementMatchers.isMethod().or(ElementMatchers.isConstructor())))
                .make()
                .getBytes();
    }

    /** Its code is copied to the beginning of each method. */
    public static final class Entry {
        private Entry() {}

        @Advice.OnMethodEnter
        static void enter(@Advice.Origin("#t") String type) {
            called(type);
        }
    }
}

package dev.tunbridge.sim.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.concurrent.Executor;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ModuleRulesTest {
    private static final JavaClasses ALL = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.tunbridge");

    private static final String DOWNLINK = "dev.tunbridge.bridge.receive.Downlink";

    private static final DescribedPredicate<JavaClass> areOfTheWayUp =
            resideInAnyPackage("dev.tunbridge.bridge.suppress..", "dev.tunbridge.bridge.queue..");

    /** Those that belong to the loop's thread: the way up, and the core of virtual sockets. */
    private static final DescribedPredicate<JavaClass> areOfOneThread =
            areOfTheWayUp.or(resideInAPackage("dev.tunbridge.bridge.relay"));

    private static final DescribedPredicate<JavaClass> areValues = assignableTo(Record.class)
            .or(assignableTo(Enum.class))
            .or(assignableTo(Throwable.class))
            .as("records, enumerations and faults");

    @Test
    void modulesUseOnlyThoseToTheirLeft() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("legacy-protocol")
                .definedBy("dev.tunbridge.protocol..")
                .layer("raw-reassembly")
                .definedBy("dev.tunbridge.reassembly..", "dev.tunbridge.linux..")
                .layer("tun-bridge")
                .definedBy("dev.tunbridge.bridge..")
                .layer("sim-server")
                .definedBy("dev.tunbridge.sim..")
                .whereLayer("sim-server")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("tun-bridge")
                .mayOnlyBeAccessedByLayers("sim-server")
                .whereLayer("raw-reassembly")
                .mayOnlyBeAccessedByLayers("tun-bridge", "sim-server")
                .check(ALL);
    }

    @Test
    void roomsOfTheBridgeHaveNoCycles() {
        slices().matching("dev.tunbridge.bridge.(*)..")
                .should()
                .beFreeOfCycles()
                .check(ALL);
        slices().matching("dev.tunbridge.sim.(*)..").should().beFreeOfCycles().check(ALL);
    }

    /** Each package by itself: the benchmark is a room with rooms in it, and its own classes are one more. */
    @Test
    void roomsWithinRoomsHaveNoCycles() {
        slices().matching("dev.tunbridge.sim.(**)").should().beFreeOfCycles().check(ALL);
    }

    @Test
    void onlyTheServiceUsesWhatALibraryUserDoesNotGet() {
        noClasses()
                .that()
                .resideOutsideOfPackages("dev.tunbridge.bridge.service..", "dev.tunbridge.sim..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("picocli..", "ch.qos.logback..", "io.prometheus..", "io.netty.handler.codec.http..")
                .check(ALL);
    }

    @Test
    void headerViewsQueueFlowsAndServersHaveNoSocketsThreadsOrClock() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "dev.tunbridge.protocol..",
                        "dev.tunbridge.reassembly.wire..",
                        "dev.tunbridge.bridge.flow..",
                        "dev.tunbridge.bridge.server..",
                        "dev.tunbridge.bridge.queue..",
                        "dev.tunbridge.bridge.relay")
                .should()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .dependOnClassesThat()
                .resideInAnyPackage("io.netty.channel..", "java.nio.channels..")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Thread.class)
                .check(ALL);
    }

    /** It starts within the time of a command, and looks at the host from outside of what it judges. */
    @Test
    void theDoctorNeedsNeitherNettyNorNativeLibraries() {
        noClasses()
                .that()
                .resideInAPackage("dev.tunbridge.bridge.doctor..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.netty..",
                        "com.sun.jna..",
                        "dev.tunbridge.linux..",
                        "dev.tunbridge.reassembly..",
                        "org.slf4j..")
                .check(ALL);
    }

    @Test
    void theMappingTakesTimeAsItComes() {
        noClasses()
                .that()
                .resideInAPackage("dev.tunbridge.bridge.mapping..")
                .should()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Thread.class)
                .check(ALL);
    }

    /** They belong to the loop's thread; what would let another in, or excuse it, is not there. */
    @Test
    void suppressionQueueAndRelayKnowOnlyOneThread() {
        noClasses()
                .that(areOfOneThread)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "java.util.concurrent.atomic..", "java.util.concurrent.locks..", "java.lang.invoke..")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Executor.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Thread.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(ThreadLocal.class)
                .orShould()
                .callMethod(Object.class, "wait")
                .orShould()
                .callMethod(Object.class, "notifyAll")
                .check(ALL);
        noFields()
                .that()
                .areDeclaredInClassesThat(areOfOneThread)
                .should()
                .haveModifier(JavaModifier.VOLATILE)
                .check(ALL);
        noMethods()
                .that()
                .areDeclaredInClassesThat(areOfOneThread)
                .should()
                .haveModifier(JavaModifier.SYNCHRONIZED)
                .check(ALL);
        // What can change is no class variable, which would be shared by the loops of several tunnels.
        fields().that()
                .areDeclaredInClassesThat(areOfOneThread)
                .and()
                .areStatic()
                .should()
                .beFinal()
                .check(ALL);
    }

    /** Values may go where they like: records, enumerations and faults. What has a state stays with the tunnel. */
    @Test
    void onlyTheTunnelUsesSuppressionAndQueue() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "dev.tunbridge.bridge.tunnel..",
                        "dev.tunbridge.bridge.queue..",
                        "dev.tunbridge.bridge.suppress..")
                .and()
                .haveNameNotMatching(Pattern.quote(DOWNLINK))
                .should()
                .dependOnClassesThat(areOfTheWayUp.and(not(areValues)))
                .check(ALL);
        // The way down tells senders what became of their segments; the tunnel calls it, on the loop's thread.
        noClasses()
                .that()
                .haveFullyQualifiedName(DOWNLINK)
                .should()
                .dependOnClassesThat(resideInAPackage("dev.tunbridge.bridge.queue.."))
                .check(ALL);
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "dev.tunbridge.bridge",
                        "dev.tunbridge.bridge.tunnel..",
                        "dev.tunbridge.bridge.receive..",
                        "dev.tunbridge.bridge.replay..")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName(DOWNLINK)
                .check(ALL);
    }

    /** Whoever has the sockets, the queue and the clock drives it, and it knows none of them. */
    @Test
    void theCoreOfVirtualSocketsKnowsMessagesAndBuffersAlone() {
        classes()
                .that()
                .resideInAPackage("dev.tunbridge.bridge.relay")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.tunbridge.bridge.relay",
                        "dev.tunbridge.protocol.message",
                        "io.netty.buffer",
                        "io.netty.util.collection",
                        "java.lang..",
                        "java.util",
                        "java.util.concurrent",
                        "java.util.function",
                        "java.util.stream",
                        "java.net",
                        "org.jspecify.annotations")
                .check(ALL);
        noClasses()
                .that()
                .resideInAPackage("dev.tunbridge.bridge.relay")
                .should()
                .dependOnClassesThat()
                .haveNameMatching("java\\.net\\.(?!InetAddress).*|java\\.util\\.concurrent\\.(?!TimeUnit).*")
                .check(ALL);
    }

    @Test
    void nobodyReadsTheWallClock() {
        // A login may ask for the time of day.
        noClasses()
                .that()
                .haveNameNotMatching(".*MachineSurroundings")
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .check(ALL);
        // The kernel stamps captured packets by its wall clock, and somebody must translate. The service tells people
        // when
        // something was. The doctor looks at the clock itself.
        noClasses()
                .that()
                .haveNameNotMatching(".*KernelClock|.*\\.supervisor\\.Moment")
                .and()
                .resideOutsideOfPackage("dev.tunbridge.bridge.doctor")
                .should()
                .dependOnClassesThat()
                .haveNameMatching("java\\.util\\.Date|java\\.time\\.(Instant|Clock|LocalDateTime)")
                .check(ALL);
    }

    @Test
    void classesAreNamedForWhatTheyAre() {
        classes()
                .should()
                .haveNameNotMatching(".*(Util|Utils|Helper|Manager|Impl)$")
                .check(ALL);
    }
}

package dev.tunbridge.sim.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ModuleRulesTest {
    private static final JavaClasses ALL = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.tunbridge");

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

    @Test
    void onlyTheServiceUsesWhatALibraryUserDoesNotGet() {
        noClasses()
                .that()
                .resideOutsideOfPackages("dev.tunbridge.bridge.service..", "dev.tunbridge.sim..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("picocli..", "ch.qos.logback..", "io.prometheus..", "io.netty.handler.codec..")
                .check(ALL);
    }

    @Test
    void headerViewsQueueFilterAndFlowsHaveNoSocketsThreadsOrClock() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "dev.tunbridge.protocol..",
                        "dev.tunbridge.reassembly.wire..",
                        "dev.tunbridge.bridge.flow..",
                        "dev.tunbridge.bridge.queue..")
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

    @Test
    void nobodyReadsTheWallClock() {
        noClasses().should().callMethod(System.class, "currentTimeMillis").check(ALL);
        // The kernel stamps captured packets by its wall clock, and somebody must translate.
        noClasses()
                .that()
                .haveNameNotMatching(".*KernelClock")
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

package dev.tunbridge.protocol;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.tunbridge.protocol");

    @Test
    void packagesFormNoCycle() {
        slices().matching("dev.tunbridge.protocol.(*)..")
                .should()
                .beFreeOfCycles()
                .check(CLASSES);
    }

    @Test
    void theFramingKnowsNoMessages() {
        noClasses()
                .that()
                .resideInAPackage("..protocol.frame..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("..protocol.message..", "..protocol.session..")
                .check(CLASSES);
    }

    @Test
    void theCoreUsesNoSocketsOrChannels() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .haveNameMatching("java\\.net\\.(Socket|ServerSocket|Datagram|Multicast|URL|Http).*")
                .orShould()
                .dependOnClassesThat()
                .resideInAPackage("java.nio.channels..")
                .check(CLASSES);
    }

    @Test
    void theCoreUsesNoThreads() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .haveNameMatching("java\\.lang\\.(Thread|ThreadLocal|ThreadGroup|Runnable)")
                .orShould()
                .dependOnClassesThat()
                .haveNameMatching("java\\.util\\.(Timer.*|concurrent\\.(?!TimeUnit).*)")
                .check(CLASSES);
    }

    @Test
    void theCoreHasNoClock() {
        noClasses()
                .should()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .dependOnClassesThat()
                .resideInAPackage("java.time..")
                .check(CLASSES);
    }
}

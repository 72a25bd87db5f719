package dev.purser.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Dependencies point one way, and the engine knows no time but its own. */
final class ArchitectureTest {
    private static final JavaClasses PURSER = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.purser");

    @Test
    void modulesDependOneWay() {
        Architectures.layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("core")
                .definedBy("dev.purser.core..")
                .layer("spi")
                .definedBy("dev.purser.spi..")
                .layer("predictors")
                .definedBy("dev.purser.predictors..")
                .layer("partitioner")
                .definedBy("dev.purser.partitioner..")
                .layer("policies-research")
                .definedBy("dev.purser.research..")
                .layer("policies-sim")
                .definedBy("dev.purser.sim..")
                .layer("server")
                .definedBy("dev.purser.server..")
                .whereLayer("server")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("policies-sim")
                .mayOnlyBeAccessedByLayers("server")
                .whereLayer("policies-research")
                .mayOnlyBeAccessedByLayers("server")
                .whereLayer("predictors")
                .mayOnlyBeAccessedByLayers("server")
                .whereLayer("partitioner")
                .mayOnlyBeAccessedByLayers("server")
                .whereLayer("spi")
                .mayOnlyBeAccessedByLayers("predictors", "partitioner", "policies-research", "policies-sim", "server")
                .whereLayer("core")
                .mayOnlyBeAccessedByLayers(
                        "spi", "predictors", "partitioner", "policies-research", "policies-sim", "server")
                .check(PURSER);
    }

    @Test
    void coreKnowsNothingOfTheOthers() {
        noClasses()
                .that()
                .resideInAPackage("dev.purser.core..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.purser.spi..",
                        "dev.purser.predictors..",
                        "dev.purser.partitioner..",
                        "dev.purser.research..",
                        "dev.purser.sim..",
                        "dev.purser.server..")
                .check(PURSER);
    }

    @Test
    void theReportKnowsNothingOfTheCommands() {
        noClasses()
                .that()
                .resideInAPackage("dev.purser.server.report..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.purser.server")
                .check(PURSER);
    }

    @Test
    void theEngineNeverWaitsAndReadsNoClock() {
        worldly("dev.purser.core.engine..").check(PURSER);
    }

    @Test
    void policiesHoldNoClockThreadOrClient() {
        worldly("dev.purser.research..").check(PURSER);
        worldly("dev.purser.predictors..").check(PURSER);
        worldly("dev.purser.partitioner.plan..").check(PURSER);
        worldly("dev.purser.partitioner.forkjoin..").check(PURSER);
        worldly("dev.purser.partitioner.batch..").check(PURSER);
        worldly("dev.purser.core.policy..").check(PURSER);
    }

    @Test
    void theRuleNoticesAViolation() {
        JavaClasses worldly = new ClassFileImporter().importClasses(Worldly.class);
        assertThatThrownBy(() -> worldly("dev.purser.server..").check(worldly))
                .hasMessageContaining("nanoTime")
                .hasMessageContaining("Instant.now")
                .hasMessageContaining("java.lang.Thread")
                .hasMessageContaining("Math.random")
                .hasMessageContaining("java.util.Random")
                .hasMessageContaining("java.net.Socket");
    }

    private static ArchRule worldly(String packages) {
        return noClasses()
                .that()
                .resideInAPackage(packages)
                .should()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(Instant.class, "now")
                .orShould()
                .callMethod(Math.class, "random")
                .orShould()
                .dependOnClassesThat()
                .belongToAnyOf(
                        Thread.class,
                        java.util.Random.class,
                        java.util.concurrent.ThreadLocalRandom.class,
                        java.time.Clock.class)
                .orShould()
                .dependOnClassesThat()
                .resideInAnyPackage("java.net..", "java.nio.channels..", "java.util.concurrent..");
    }

    /** Does everything that it should not. */
    private static final class Worldly {
        Object everything() throws Exception {
            return System.nanoTime()
                    + Instant.now().getNano()
                    + Math.random()
                    + new java.util.Random().nextInt()
                    + Thread.currentThread().threadId()
                    + new java.net.Socket("localhost", 1).getPort();
        }
    }
}

package dev.tunbridge.sim.lab;

import dev.tunbridge.sim.link.LinkProfile;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** A process that opens a lab and then waits for its end, which its test brings. */
final class LabVictim {
    private LabVictim() {}

    static List<String> command() {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return List.of(java, "-Xmx128m", "-cp", System.getProperty("java.class.path"), LabVictim.class.getName());
    }

    public static void main(String[] args) throws Exception {
        Lab lab = Lab.open();
        LabNamespace left = lab.namespace("left");
        LabNamespace right = lab.namespace("right");
        lab.connect(left.at("x0", "198.18.0.1/30"), right.at("x0", "198.18.0.2/30"), LinkProfile.CLEAR, 1);
        System.out.println("linked");
        System.out.println("namespace " + left.fullName());
        System.out.println("child " + left.start("sleep", "1000").pid());
        new CountDownLatch(1).await();
    }
}

package dev.purser.benchmarks;

import ch.qos.logback.classic.Level;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.commons.rng.sampling.distribution.ZigguratSampler;
import org.apache.commons.rng.simple.RandomSource;
import org.cloudsimplus.brokers.DatacenterBroker;
import org.cloudsimplus.brokers.DatacenterBrokerSimple;
import org.cloudsimplus.cloudlets.Cloudlet;
import org.cloudsimplus.cloudlets.CloudletSimple;
import org.cloudsimplus.core.CloudSimEntity;
import org.cloudsimplus.core.CloudSimPlus;
import org.cloudsimplus.core.events.SimEvent;
import org.cloudsimplus.datacenters.DatacenterSimple;
import org.cloudsimplus.hosts.HostSimple;
import org.cloudsimplus.resources.Pe;
import org.cloudsimplus.resources.PeSimple;
import org.cloudsimplus.schedulers.cloudlet.CloudletSchedulerSpaceShared;
import org.cloudsimplus.util.Log;
import org.cloudsimplus.vms.Vm;
import org.cloudsimplus.vms.VmSimple;

/**
 * M/M/c in CloudSim Plus, with its own parts: a datacenter of one host, one VM of one core for each server, a broker, and
 * a cloudlet for each request. The queue before the VMs is an entity of ours, as its users write one: CloudSim Plus gives
 * each VM its own queue, and shares cloudlets out when they are submitted.
 */
final class CloudSimPeer extends CloudSimEntity {
    private static final int ARRIVAL = 10_000;
    private static final double MIPS = 100_000;
    /** The default of 0.1 s would round the times of this load away. */
    private static final double MIN_SECONDS_BETWEEN_EVENTS = 0.0001;

    private final CloudSimPlus simulation;
    private final DatacenterBroker broker;
    private final ZigguratSampler.Exponential exponential;
    private final double rate;
    private final double meanService;
    private final int cloudlets;
    private final Deque<Vm> idle = new ArrayDeque<>();
    private final Deque<Double> waiting = new ArrayDeque<>();
    private int arrived;
    private int finished;
    private double wait;

    private CloudSimPeer(
            CloudSimPlus simulation, int cloudlets, double rate, int servers, double meanService, long seed) {
        super(simulation);
        this.simulation = simulation;
        this.cloudlets = cloudlets;
        this.rate = rate;
        this.meanService = meanService;
        exponential = ZigguratSampler.Exponential.of(RandomSource.XO_RO_SHI_RO_128_PP.create(seed));
        List<Pe> cores = new ArrayList<>();
        List<Vm> vms = new ArrayList<>();
        for (int i = 0; i < servers; i++) {
            cores.add(new PeSimple(MIPS));
            vms.add(new VmSimple(MIPS, 1, new CloudletSchedulerSpaceShared())
                    .setRam(512)
                    .setBw(1000)
                    .setSize(1000));
        }
        new DatacenterSimple(simulation, List.of(new HostSimple(1 << 16, 1 << 20, 1 << 20, cores)));
        broker = new DatacenterBrokerSimple(simulation);
        broker.setShutdownWhenIdle(false);
        broker.submitVmList(vms);
        idle.addAll(vms);
    }

    /**
     * Runs it.
     *
     * @return the mean wait in seconds
     */
    static double meanWait(int cloudlets, double rate, int servers, double meanService, long seed) {
        Log.setLevel(Level.OFF);
        CloudSimPlus simulation = new CloudSimPlus(MIN_SECONDS_BETWEEN_EVENTS);
        CloudSimPeer queue = new CloudSimPeer(simulation, cloudlets, rate, servers, meanService, seed);
        simulation.start();
        if (queue.finished != cloudlets) {
            throw new IllegalStateException(queue.finished + " of " + cloudlets + " cloudlets finished");
        }
        return queue.wait / cloudlets;
    }

    @Override
    protected void startInternal() {
        schedule(exponential.sample() / rate, ARRIVAL);
    }

    @Override
    public void processEvent(SimEvent event) {
        if (event.getTag() != ARRIVAL) {
            return;
        }
        waiting.add(simulation.clock());
        submit();
        if (++arrived < cloudlets) {
            schedule(exponential.sample() / rate, ARRIVAL);
        }
    }

    private void submit() {
        while (!waiting.isEmpty() && !idle.isEmpty()) {
            wait += simulation.clock() - waiting.remove();
            long instructions = Math.max(1, Math.round(exponential.sample() * meanService * MIPS));
            Cloudlet cloudlet = new CloudletSimple(instructions, 1);
            cloudlet.setVm(idle.remove());
            cloudlet.addOnFinishListener(info -> finished(info.getVm()));
            broker.submitCloudlet(cloudlet);
        }
    }

    private void finished(Vm vm) {
        idle.add(vm);
        submit();
        if (++finished == cloudlets) {
            simulation.terminate();
        }
    }
}

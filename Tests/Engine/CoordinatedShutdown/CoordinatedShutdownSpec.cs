using System.Collections.Concurrent;
using Akka;
using Akka.Actor;
using Akka.Configuration;

namespace Mooring.Tests.Engine.CoordinatedShutdownSpecs;

public class CoordinatedShutdownSpec() : Akka.TestKit.Xunit2.TestKit(Generous.Hocon)
{
    private readonly ConcurrentQueue<string> _done = new();

    [Fact]
    public void Phases_come_in_the_order_of_their_dependencies()
    {
        var sorted = ShutdownPhase.TopologicalSort(Phases(("c", ["a", "b"]), ("b", ["a"]), ("a", [])));
        Assert.Equal(["a", "b", "c"], sorted);
        Assert.Contains("Cycle", Assert.Throws<ArgumentException>(() => ShutdownPhase.TopologicalSort(Phases(("a", ["b"]), ("b", ["a"])))).Message);
    }

    [Fact]
    public void The_phases_of_akka_come_in_the_order_of_akka()
    {
        var phases = ShutdownPhase.FromConfig(Sys.Settings.Config.GetConfig("akka.coordinated-shutdown"));
        Assert.Equal(
            [
                CoordinatedShutdown.PhaseBeforeServiceUnbind, CoordinatedShutdown.PhaseServiceUnbind, CoordinatedShutdown.PhaseServiceRequestsDone,
                CoordinatedShutdown.PhaseServiceStop, CoordinatedShutdown.PhaseBeforeClusterShutdown,
                CoordinatedShutdown.PhaseClusterShardingShutdownRegion, CoordinatedShutdown.PhaseClusterLeave, CoordinatedShutdown.PhaseClusterExiting,
                CoordinatedShutdown.PhaseClusterExitingDone, CoordinatedShutdown.PhaseClusterShutdown,
                CoordinatedShutdown.PhaseBeforeActorSystemTerminate, CoordinatedShutdown.PhaseActorSystemTerminate,
            ],
            ShutdownPhase.TopologicalSort(phases));
        Assert.Equal(TimeSpan.FromSeconds(10), phases[CoordinatedShutdown.PhaseClusterExiting].Timeout);
        Assert.Equal(TimeSpan.FromSeconds(5), phases[CoordinatedShutdown.PhaseServiceStop].Timeout);
    }

    [Fact]
    public async Task Tasks_run_once_phase_after_phase()
    {
        var shutdown = Create(("a", []), ("b", ["a"]));
        var release = new TaskCompletionSource();
        shutdown.AddTask("b", "b1", Note("b1"));
        shutdown.AddTask("a", "a1", async () =>
        {
            await release.Task;
            return await Note("a1")();
        });
        var run = shutdown.Run(CoordinatedShutdown.UnknownReason.Instance);
        Assert.Same(run, shutdown.Run(CoordinatedShutdown.ClusterLeavingReason.Instance));
        Assert.Empty(_done);
        release.SetResult();
        await run.WaitAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(["a1", "b1"], _done);
        Assert.Same(CoordinatedShutdown.UnknownReason.Instance, shutdown.ShutdownReason);
    }

    [Fact]
    public async Task It_can_begin_at_a_later_phase()
    {
        var shutdown = Create(("a", []), ("b", ["a"]), ("c", ["b"]));
        foreach (var phase in (string[])["a", "b", "c"]) shutdown.AddTask(phase, phase, Note(phase));
        await shutdown.Run(CoordinatedShutdown.UnknownReason.Instance, "b").WaitAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(["b", "c"], _done);
    }

    [Fact]
    public async Task A_phase_that_fails_or_takes_too_long_does_not_stop_the_rest()
    {
        var shutdown = Create(("a", []), ("b", ["a"]), ("c", ["b"]));
        shutdown.AddTask("a", "failing", () => throw new InvalidOperationException("at once"));
        shutdown.AddTask("a", "failing later", () => Task.FromException<Done>(new InvalidOperationException("later")));
        shutdown.AddTask("b", "hanging", () => new TaskCompletionSource<Done>().Task);
        shutdown.AddTask("c", "c", Note("c"));
        await EventFilter.Warning(start: "Task [failing").And.Warning(contains: "timed out").ExpectAsync(
            3, () => shutdown.Run(CoordinatedShutdown.UnknownReason.Instance).WaitAsync(TimeSpan.FromSeconds(5)));
        Assert.Equal(["c"], _done);
    }

    [Fact]
    public async Task A_phase_that_is_not_to_be_recovered_from_stops_the_shutdown()
    {
        var phases = Phases(("a", []), ("b", ["a"]));
        phases["a"] = phases["a"] with { Recover = false };
        var shutdown = new CoordinatedShutdown((ExtendedActorSystem)Sys, phases);
        shutdown.AddTask("a", "failing", () => throw new InvalidOperationException("no"));
        shutdown.AddTask("b", "b", Note("b"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => shutdown.Run(CoordinatedShutdown.UnknownReason.Instance).WaitAsync(TimeSpan.FromSeconds(5)));
        Assert.Empty(_done);
    }

    [Fact]
    public async Task A_disabled_phase_is_left_out()
    {
        var phases = Phases(("a", []), ("b", ["a"]));
        phases["a"] = phases["a"] with { Enabled = false };
        var shutdown = new CoordinatedShutdown((ExtendedActorSystem)Sys, phases);
        foreach (var phase in (string[])["a", "b"]) shutdown.AddTask(phase, phase, Note(phase));
        await shutdown.Run(CoordinatedShutdown.UnknownReason.Instance).WaitAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(["b"], _done);
    }

    [Fact]
    public async Task A_task_for_an_unknown_phase_is_refused()
    {
        var shutdown = Create(("a", []));
        Assert.Throws<ConfigurationException>(() => shutdown.AddTask("z", "z", Note("z")));
        await Assert.ThrowsAsync<ArgumentException>(() => shutdown.Run(CoordinatedShutdown.UnknownReason.Instance, "z"));
        Assert.Equal(TimeSpan.Zero, shutdown.TotalTimeout);
        shutdown.AddTask("a", "a", Note("a"));
        Assert.Equal(TimeSpan.FromMilliseconds(200), shutdown.TotalTimeout);
    }

    [Fact]
    public async Task A_task_that_an_actor_completes_does_not_run_the_next_phase_inside_that_actor()
    {
        var shutdown = Create(("a", []), ("b", ["a"]));
        var asked = new TaskCompletionSource<Done>();
        var actor = ActorOf(Props.Create(() => new Completer(asked)));
        shutdown.AddTask("a", "a", () => asked.Task);
        IActorRef? insideOf = null;
        shutdown.AddTask("b", "b", () =>
        {
            insideOf = ActorCell.GetCurrentSelfOrNoSender();
            return Task.FromResult(Done.Instance);
        });
        var run = shutdown.Run(CoordinatedShutdown.UnknownReason.Instance);
        actor.Tell("complete");
        await run.WaitAsync(TimeSpan.FromSeconds(5));
        Assert.NotEqual(actor, insideOf);
    }

    [Fact]
    public async Task Terminating_the_system_runs_the_phases_and_leaves_the_reason()
    {
        var system = ActorSystem.Create("terminating");
        CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseBeforeActorSystemTerminate, "note", Note("before"));
        await system.Terminate().WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(["before"], _done);
        Assert.True(system.WhenTerminated.IsCompletedSuccessfully);
        Assert.IsType<CoordinatedShutdown.ActorSystemTerminateReason>(CoordinatedShutdown.Get(system).ShutdownReason);
    }

    [Fact]
    public async Task Running_the_shutdown_terminates_the_system()
    {
        var system = ActorSystem.Create("shutting-down");
        await CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClusterLeavingReason.Instance).WaitAsync(TimeSpan.FromSeconds(10));
        await system.WhenTerminated.WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Running_the_shutdown_leaves_the_system_when_so_configured()
    {
        var system = ActorSystem.Create(
            "staying", "akka.coordinated-shutdown { terminate-actor-system = off, run-by-actor-system-terminate = off }");
        await CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.UnknownReason.Instance).WaitAsync(TimeSpan.FromSeconds(10));
        Assert.False(system.WhenTerminated.IsCompleted);
        await system.Terminate().WaitAsync(TimeSpan.FromSeconds(10));
    }

    private static Dictionary<string, ShutdownPhase> Phases(params (string Name, string[] DependsOn)[] phases) =>
        phases.ToDictionary(
            phase => phase.Name, phase => new ShutdownPhase(phase.DependsOn, TimeSpan.FromMilliseconds(200), Recover: true, Enabled: true));

    private CoordinatedShutdown Create(params (string Name, string[] DependsOn)[] phases) => new((ExtendedActorSystem)Sys, Phases(phases));

    private Func<Task<Done>> Note(string what) => () =>
    {
        _done.Enqueue(what);
        return Task.FromResult(Done.Instance);
    };

    private sealed class Completer(TaskCompletionSource<Done> completion) : UntypedActor
    {
        protected override void OnReceive(object message) => completion.SetResult(Done.Instance);
    }
}

using System.Diagnostics;
using Mooring.Tests.Simulation.Runs;

namespace Mooring.Tests.Simulation.Specs;

/// <summary>The engine without Mooring, and what it rests on.</summary>
public sealed class EngineSpec
{
    private static readonly string Simulated = Path.Combine(AppContext.BaseDirectory, "simulated");

    [Fact]
    public async Task A_cluster_lives_through_the_death_of_its_oldest_the_same_way_each_time()
    {
        var told = await Task.WhenAll(TellAsync(["1"]), TellAsync(["1"]));

        Assert.Equal(
            [
                "node-1 has the singleton",
                "members up: 10.0.0.1, 10.0.0.2, 10.0.0.3",
                "10 answers from node-1, node-2, node-3",
                "node-2 has the singleton",
                "members up: 10.0.0.2, 10.0.0.3",
                "10 answers from node-2, node-3",
                "members up: 10.0.0.1, 10.0.0.2, 10.0.0.3",
                "work of the thread pool: 0",
            ],
            told[0][..^1]);
        Assert.Equal(told[0], told[1]);
    }

    [Fact]
    public async Task Another_seed_is_another_run_and_leaves_nothing_behind_for_the_next()
    {
        var told = await TellAsync(["2", "1"]);
        var alone = await TellAsync(["1"]);

        Assert.Equal(alone[^1], told[^1]);
        Assert.NotEqual(told.First(l => l.StartsWith("trace", StringComparison.Ordinal)), told[^1]);
    }

    /// <summary>
    /// An upgrade of Akka.NET may reach for the clock, chance, threads or timers where it did not before. What is replaced is listed, and
    /// what is not ("left in"), with why that may stay; either is looked at before the list is changed.
    /// </summary>
    [Fact]
    public void What_is_rewritten_in_Akka_is_what_was_looked_at()
    {
        var approved = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "RewrittenCalls.txt")).Where(l => l.Length > 0 && l[0] != '#');
        var rewritten = File.ReadLines(Path.Combine(Simulated, "rewritten.txt")).Where(l => l.StartsWith("Akka", StringComparison.Ordinal));

        Assert.Equal(string.Join('\n', approved.Order(StringComparer.Ordinal)), string.Join('\n', rewritten.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void The_product_reaches_for_nothing_that_a_world_does_not_have()
    {
        var left = File.ReadLines(Path.Combine(Simulated, "rewritten.txt")).Where(l => l.StartsWith("Mooring", StringComparison.Ordinal) && l.Contains(" left in ", StringComparison.Ordinal));

        // Not used in a simulation: its own entropy and its own probe come in (MooringServices.Entropy, ProbePeer), and its own transport (transport-class).
        Assert.Equal(
            [
                "Mooring.Actors left in Mooring.Actors.Files.SystemEntropy: RandomNumberGenerator.GetBytes 1",
                "Mooring.Actors left in Mooring.Actors.Membership.TcpPeerProbe: Socket..ctor 1",
                "Mooring.Actors left in Mooring.Actors.Membership.TcpPeerProbe: Socket.GetSocketOption 1",
                "Mooring.Actors left in Mooring.Actors.Remoting.TcpTransport: Dns.GetHostAddressesAsync 1",
                "Mooring.Actors left in Mooring.Actors.Remoting.TcpTransport: PeriodicTimer..ctor 1",
                "Mooring.Actors left in Mooring.Actors.Remoting.TcpTransport: PeriodicTimer.WaitForNextTickAsync 1",
                "Mooring.Actors left in Mooring.Actors.Remoting.TcpTransport: Socket..ctor 3",
            ],
            left);
    }

    private static async Task<string[]> TellAsync(string[] seeds)
    {
        var start = SeedProcess.StartInfoOfStory(seeds, trace: false);
        start.RedirectStandardOutput = true;
        using var child = Process.Start(start)!;
        var output = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();
        Assert.Equal(0, child.ExitCode);
        return output.TrimEnd().Split('\n');
    }
}

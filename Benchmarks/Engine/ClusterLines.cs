using System.Diagnostics;
using Akka.Actor;
using Akka.Cluster;

namespace Mooring.Benchmarks.Engine;

/// <summary>Three processes with the repository's <c>akka.hocon</c>: how long they take to form a cluster, and to miss one that was killed.</summary>
internal static class ClusterLines
{
    private const int Members = 3;
    private const int Rounds = 3;

    private static readonly Line Forming = new("cluster of three processes: start to all Up", "s", 2.55, 0, BaseLine.None, AtMost: 1);
    private static readonly Line Unreachable = new("kill -9 of a process: to UnreachableMember", "s", 4.0, 0, BaseLine.None, AtMost: 0.3);
    private static readonly Line Removed = new("kill -9 of a process: to MemberRemoved", "s", 25, 0, BaseLine.None, AtMost: 1);

    public static async Task MeasureAsync(Report report, Func<string, bool> wanted, TimeSpan load)
    {
        if (wanted(Forming.Name) || wanted(Unreachable.Name) || wanted(Removed.Name))
            await KillAsync(report);
        var alarms = new Line($"false alarms in {load.TotalSeconds:0} s of full load", "alarms", null, 0, BaseLine.None, AtMost: 0);
        if (wanted(alarms.Name))
            report.Add(alarms, await FalseAlarmsAsync(load), null);
    }

    private static async Task KillAsync(Report report)
    {
        List<double> forming = [], unreachable = [], removed = [];
        for (var round = 0; round < Rounds; round++)
        {
            var members = Start(Members);
            try
            {
                forming.Add(await FormedAsync(members));
                // A cluster that just formed still gossips; the one that is killed is a member of long standing, whoever leads.
                await Task.Delay(TimeSpan.FromSeconds(1));
                var killed = members[round % Members].Kill();
                var survivors = members.Where((_, i) => i != round % Members).ToList();
                unreachable.Add(await LastAsync(survivors, "unreachable", killed));
                removed.Add(await LastAsync(survivors, "removed", killed));
            }
            finally
            {
                members.ForEach(member => member.Dispose());
            }
        }
        report.Add(Forming, Bench.Median(forming), null);
        report.Add(Unreachable, Bench.Median(unreachable), null);
        report.Add(Removed, Bench.Median(removed), null);
    }

    private static async Task<double> FalseAlarmsAsync(TimeSpan load)
    {
        var members = Start(Members);
        try
        {
            await FormedAsync(members);
            members.ForEach(member => member.Say("load"));
            await Task.Delay(load);
            return members.Sum(member => member.Count("unreachable") + member.Count("removed"));
        }
        finally
        {
            members.ForEach(member => member.Dispose());
        }
    }

    private static List<ChildProcess> Start(int count)
    {
        var ports = Nodes.FreePorts(count);
        return [.. ports.Select(port => ChildProcess.Start("member", [$"{port}", .. ports.Select(seed => $"{seed}")]))];
    }

    /// <summary>From the start of the first process until the last one sees all of them Up.</summary>
    private static Task<double> FormedAsync(List<ChildProcess> members) => LastAsync(members, $"up {members.Count}", members[0].Started);

    private static async Task<double> LastAsync(List<ChildProcess> members, string what, long since)
    {
        var lines = await Task.WhenAll(members.Select(member => member.TimedLineAsync(what, since)));
        return Stopwatch.GetElapsedTime(since, lines.Max(line => line.At)).TotalSeconds;
    }

    /// <summary>One member.</summary>
    public static void Member(int port, IEnumerable<int> seeds)
    {
        using var system = ActorSystem.Create(Nodes.SystemName, Nodes.Cluster(port, seeds));
        system.ActorOf(Props.Create(() => new Observer()));
        while (Console.ReadLine() is { } command)
        {
            if (command == "load")
                Load(system);
        }
    }

    // Twice as many busy threads as there are cores in each process, garbage all the time, and the actors' dispatcher full.
    private static void Load(ActorSystem system)
    {
        for (var i = 0; i < Environment.ProcessorCount; i++)
        {
            new Thread(() =>
            {
                var kept = new byte[256][];
                for (var n = 0; ; n = (n + 1) % kept.Length)
                    kept[n] = new byte[8000];
            })
            { IsBackground = true }.Start();
            var echo = system.ActorOf(Props.Create(() => new EchoActor()));
            var driver = system.ActorOf(Props.Create(() => new Driver(echo)));
            driver.Tell(new Drive(int.MaxValue, 100, new TaskCompletionSource<bool>()));
        }
    }

    private sealed class Observer : ReceiveActor
    {
        private readonly HashSet<Address> _up = [];

        public Observer()
        {
            Receive<ClusterEvent.MemberUp>(up =>
            {
                _up.Add(up.Member.Address);
                Console.WriteLine($"up {_up.Count}");
            });
            Receive<ClusterEvent.UnreachableMember>(gone => Console.WriteLine($"unreachable {gone.Member.Address}"));
            Receive<ClusterEvent.MemberRemoved>(gone =>
            {
                _up.Remove(gone.Member.Address);
                Console.WriteLine($"removed {gone.Member.Address}");
            });
            ReceiveAny(_ => { });
        }

        protected override void PreStart() => Akka.Cluster.Cluster.Get(Context.System).Subscribe(
            Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));
    }
}

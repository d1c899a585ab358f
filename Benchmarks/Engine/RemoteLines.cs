using Akka.Actor;

namespace Mooring.Benchmarks.Engine;

/// <summary>Messages between two processes.</summary>
internal static class RemoteLines
{
    private static readonly (Line Line, int InFlight)[] InFlight =
    [
        (new("remote between two processes, 1 in flight", "messages/s", 13.9e3, 1.3, BaseLine.Tcp), 1),
        (new("remote between two processes, 100 in flight", "messages/s", 148e3, 3, BaseLine.Tcp), 100),
        (new("remote between two processes, 1,000 in flight", "messages/s", 245e3, 3, BaseLine.Tcp), 1000),
    ];

    private static readonly Line Ask = new("remote ask, one after another", "round trips/s", 7.3e3, 1.5, BaseLine.Tcp);

    public static async Task MeasureAsync(Report report, Func<string, bool> wanted)
    {
        if (!InFlight.Any(line => wanted(line.Line.Name)) && !wanted(Ask.Name))
            return;
        using var other = ChildProcess.Start("remote-echo");
        var port = Nodes.Number(await other.LineAsync("port "));
        using var system = ActorSystem.Create(Nodes.SystemName, Nodes.Remote());
        var echo = await system.ActorSelection(new RootActorPath(Nodes.Address(port)) / "user" / "echo").ResolveOne(TimeSpan.FromSeconds(30));
        async Task<long> Elsewhere() => (await echo.Ask<Allocated>(new GetAllocated(), TimeSpan.FromSeconds(30))).Bytes;
        foreach (var (line, inFlight) in InFlight.Where(line => wanted(line.Line.Name)))
        {
            var driver = system.ActorOf(Props.Create(() => new Driver(echo)));
            var (rate, bytes) = await Bench.RateAsync(
                async count =>
                {
                    var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
                    driver.Tell(new Drive(Math.Max(1, count / 2), inFlight, done));
                    await Bench.Within(done.Task, line.Name);
                },
                1_000,
                elsewhere: Elsewhere);
            report.Add(line, rate, bytes);
        }
        if (wanted(Ask.Name))
        {
            var request = new Request("echo", 1);
            var (rate, bytes) = await Bench.RateAsync(
                async count =>
                {
                    for (var i = 0; i < count; i++)
                        await echo.Ask<Ack>(request, TimeSpan.FromSeconds(30));
                },
                500,
                elsewhere: Elsewhere);
            report.Add(Ask, rate, bytes);
        }
        await system.Terminate();
    }

    /// <summary>The other process.</summary>
    public static void Echo()
    {
        using var system = ActorSystem.Create(Nodes.SystemName, Nodes.Remote());
        var echo = system.ActorOf(Props.Create(() => new EchoActor()), "echo");
        var port = ((ExtendedActorSystem)system).Provider.DefaultAddress.Port!.Value;
        Console.WriteLine($"port {port}");
        Console.In.ReadToEnd();
        system.Stop(echo);
    }
}

/// <summary>Requests to send, so many at once.</summary>
internal sealed record Drive(int Count, int InFlight, TaskCompletionSource<bool> Done, int Entities = 1);

/// <summary>Keeps a number of requests under way.</summary>
internal sealed class Driver : ReceiveActor
{
    private Drive _drive = null!;
    private int _next;
    private int _toCome;

    public Driver(IActorRef target)
    {
        Receive<Ack>(_ =>
        {
            if (--_toCome == 0)
                _drive.Done.SetResult(true);
            if (_next < _drive.Count)
                target.Tell(NextRequest());
        });
        Receive<Drive>(drive =>
        {
            _drive = drive;
            _next = 0;
            _toCome = drive.Count;
            for (var i = 0; i < drive.InFlight && _next < drive.Count; i++)
                target.Tell(NextRequest());
        });
    }

    private Request NextRequest()
    {
        var number = _next++;
        return new Request(EntityNames.All[number % _drive.Entities], number);
    }
}

/// <summary>Acknowledges requests.</summary>
internal sealed class EchoActor : ReceiveActor
{
    public EchoActor()
    {
        Receive<Request>(request => Sender.Tell(new Ack(request.Number)));
        Receive<GetAllocated>(_ => Sender.Tell(new Allocated(GC.GetTotalAllocatedBytes(precise: true))));
    }
}

/// <summary>The ids of entities, made once.</summary>
internal static class EntityNames
{
    public static readonly string[] All = [.. Enumerable.Range(0, 1000).Select(i => "entity-" + i)];
}

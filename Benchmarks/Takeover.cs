using System.Diagnostics;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Mooring.Actors;
using Mooring.Actors.Requests;
using Mooring.Harness;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.StorageNode;
using Mooring.StorageNode.Configuration;
using Mooring.StorageNode.Journal;

namespace Mooring.Benchmarks;

/// <summary>
/// How long the next owner takes to read the book when much was under way and much lies behind: the owner's actor alone on the real journal, between
/// callers and volumes that are not real.
/// </summary>
internal static class Takeover
{
    private const int Past = 200_000, Pending = 10_000, Sampled = 1000, AtOnce = 500, Rounds = 5;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static async Task<bool> RunAsync(bool onCeph)
    {
        var (ceph, started) = onCeph ? await CephCommand.EnsureAsync(Console.WriteLine) : (null, false);
        var directory = Directory.CreateTempSubdirectory("mooring-takeover-");
        try
        {
            List<string> settings = ["node.name=node-1", $"embedded.data-dir={directory.FullName}"];
            if (ceph is not null)
                settings.AddRange(["backend=ceph", $"ceph.config-file={ceph.ConfPath}"]);
            var configuration = NodeConfiguration.Load(null, settings, new Dictionary<string, string>());
            await using var store = new StoreFactory(configuration);
            await using var journal = await NodeJournal.OpenAsync(configuration, store.Provider, default);
            var hocon = ConfigurationFactory.ParseString($"akka {{ loglevel = WARNING, actor.provider = local }}\n{journal.Hocon}").WithFallback(configuration.Merged);
            using var system = ActorSystem.Create("mooring", ActorSystemSetup.Create([BootstrapSetup.Create().WithConfig(hocon), .. journal.Setups]));
            journal.Register(system);
            try
            {
                return await MeasureAsync(system, new MooringServices
                {
                    Settings = configuration.Settings,
                    Store = store.Provider,
                    VirtualAddress = null!,
                    LeaseKeeper = null!,
                    ConnectData = null!,
                    Incarnation = "takeover",
                }, onCeph);
            }
            finally
            {
                await system.Terminate();
            }
        }
        finally
        {
            directory.Delete(recursive: true);
            if (started)
                await ceph!.StopAsync();
        }
    }

    private static async Task<bool> MeasureAsync(ActorSystem system, MooringServices services, bool onCeph)
    {
        var run = $"{Guid.NewGuid():N}";
        var report = new Report(onCeph ? "takeover-ceph" : "takeover");
        var epoch = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var volumes = new Volumes();
        var region = system.ActorOf(Props.Create(() => new VolumesActor(volumes)));
        IActorRef Owner() => system.ActorOf(PendingOperationsActor.Props(services, new Epoch(++epoch), region, null!));

        var owner = Owner();
        var clock = Stopwatch.StartNew();
        await SubmitAsync(owner, run, 0, Past);
        report.Add($"{Past} requests accepted, carried out and archived", "/s", Past / clock.Elapsed.TotalSeconds);
        volumes.Answer = false;
        await SubmitAsync(owner, run, Past, Past + Pending);
        List<double> ready = [];
        for (var round = 0; round < Rounds; round++)
        {
            await owner.GracefulStop(Limit);
            var all = volumes.Expect(Pending);
            clock.Restart();
            owner = Owner();
            await all.WaitAsync(Limit);
            ready.Add(clock.Elapsed.TotalMilliseconds);
        }
        report.Add($"takeover with {Pending} pending and {Past} past, p50", "ms", Report.Percentile(ready, 0.5), 2000);
        report.Add($"takeover with {Pending} pending and {Past} past, max", "ms", ready.Max(), 2000);
        List<double> answers = [];
        var wrong = 0;
        for (var i = 0; i < Past; i += Past / Sampled)
        {
            clock.Restart();
            var answer = await owner.Ask<object>(Request(run, i), Limit);
            answers.Add(clock.Elapsed.TotalMilliseconds);
            wrong += answer is OperationAccepted { Operation.Result: { } volume } && volume.Id == VolumesActor.IdOf(volume.Volume) ? 0 : 1;
        }
        report.Add($"{Sampled} requests of the past asked again, p50", "ms", Report.Percentile(answers, 0.5));
        report.Add($"{Sampled} requests of the past asked again, max", "ms", answers.Max());
        report.Add("of these without their first answer", "", wrong, 0);
        return report.Write();
    }

    private static async Task SubmitAsync(IActorRef owner, string run, int from, int to)
    {
        for (var i = from; i < to; i += AtOnce)
        {
            foreach (var answer in await Task.WhenAll(Enumerable.Range(i, AtOnce).Select(n => SubmittedAsync(owner, Request(run, n)))))
            {
                if (answer is not OperationAccepted)
                    throw new HarnessException($"not accepted: {answer}");
            }
        }
    }

    private static async Task<object> SubmittedAsync(IActorRef owner, SubmitOperation request)
    {
        while (true)
        {
            var answer = await owner.Ask<object>(request, Limit);
            if (answer is not OperationFailed { Error.Kind: ErrorKind.Overloaded })
                return answer;
            await Task.Delay(20);
        }
    }

    private static SubmitOperation Request(string run, int i) =>
        new(new RequestId($"{run}-{i}"), new CreateVolume(new VolumeId("rbd", "", $"v{i}"), 1 << 20), Deliver: false);

    // Carry everything out at once, or not at all.
    private sealed class Volumes
    {
        private readonly HashSet<OperationId> _asked = [];
        private TaskCompletionSource _all = new();
        private int _expected = int.MaxValue;

        public bool Answer { get; set; } = true;

        public Task Expect(int count)
        {
            lock (_asked)
            {
                _asked.Clear();
                (_expected, _all) = (count, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
                return _all.Task;
            }
        }

        public void Asked(OperationId operation)
        {
            lock (_asked)
            {
                _asked.Add(operation);
                if (_asked.Count >= _expected)
                    _all.TrySetResult();
            }
        }
    }

    private sealed class VolumesActor : ReceiveActor
    {
        public VolumesActor(Volumes volumes)
        {
            Receive<ExecuteOperation>(execute =>
            {
                volumes.Asked(execute.Operation);
                if (!volumes.Answer)
                    return;
                var now = DateTimeOffset.UtcNow;
                var volume = new VolumeInfo(
                    execute.Command.Volume, IdOf(execute.Command.Volume), 1 << 20, 4 << 20, ["layering"], now, null, new Dictionary<string, string>());
                Sender.Tell(new OperationEnded(execute.Operation, new OperationOutcome(volume, null, 1, now, now, new NodeName("node-1")), Settled: true));
            });
            ReceiveAny(_ => { });
        }

        public static string IdOf(VolumeId volume) => "id-" + volume.Image;
    }
}

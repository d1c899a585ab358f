using Akka.Actor;
using Akka.Configuration;
using Akka.Simulation;
using Mooring.Actors;
using Mooring.Actors.Vip;
using Mooring.Messages;
using Mooring.Tests.Simulation.Runs;

namespace Mooring.Tests.Simulation.Clients;

/// <summary>
/// A client that is an actor, outside of the cluster: hands requests to any node, again until they are accepted, and has their results
/// delivered without asking. Every delivery must say the same; it confirms each, and a confirmation may get lost.
/// </summary>
public sealed class DeliveryClient
{
    private const string Host = "10.0.1.1";

    private readonly SimulationRun _run;
    private readonly SimulatedProcess _process;
    private IActorRef _requester = ActorRefs.Nobody;

    public DeliveryClient(SimulationRun run)
    {
        _run = run;
        _process = run.World.StartProcess("requester", Host);
        var hocon = ConfigurationFactory.ParseString(_process.Hocon)
            .WithFallback(ConfigurationFactory.ParseString("akka.actor.provider = remote"))
            .WithFallback(run.Hocon)
            .WithFallback(MooringCluster.DefaultConfig());
        var chance = run.World.Stream("requester");
        _process.Do("starts", () => _requester = ActorSystem.Create("mooring", hocon).ActorOf(Props.Create(() => new Requester(run, chance)), "requester"));
    }

    /// <summary>Hands a request in and waits until its result was delivered.</summary>
    /// <returns>Completes then, outside of all processes.</returns>
    public Task RequestAsync(RequestId request, VolumeCommand command)
    {
        var delivered = new TaskCompletionSource();
        _process.Do($"requests {request}", () => _requester.Tell(new Request(request, command, Deliver)));
        return delivered.Task;

        void Deliver() => _run.World.Schedule(null, TimeSpan.Zero, $"{request} was delivered", () => delivered.TrySetResult());
    }

    private sealed record Request(RequestId Id, VolumeCommand Command, Action Delivered) : INoSerializationVerificationNeeded
    {
        public bool Accepted { get; set; }
    }

    private sealed record Again : INoSerializationVerificationNeeded
    {
        public static Again Instance { get; } = new();
    }

    private sealed class Requester : ReceiveActor, IWithTimers
    {
        private static readonly TimeSpan AgainInterval = TimeSpan.FromSeconds(2);

        private readonly SimulationRun _run;
        private readonly Random _chance;
        private readonly Dictionary<RequestId, Request> _open = [];

        // How many sendings have not been answered; an answer may be a refusal for now, and come after the result.
        private readonly Dictionary<RequestId, int> _unanswered = [];

        public Requester(SimulationRun run, Random chance)
        {
            (_run, _chance) = (run, chance);
            Receive<Request>(request =>
            {
                _open[request.Id] = request;
                Submit(request);
            });
            Receive<Again>(_ =>
            {
                foreach (var request in _open.Values.Where(r => !r.Accepted))
                    Submit(request);
            });
            Receive<OperationAccepted>(accepted =>
            {
                _run.History.Accepted(accepted.RequestId, accepted.Operation);
                _unanswered[accepted.RequestId]--;
                if (_open.TryGetValue(accepted.RequestId, out var request))
                    request.Accepted = true;
            });
            Receive<OperationSucceeded<VolumeInfo>>(done => Delivered(done.RequestId, done.Operation, Checks.History.Summary(done.Result, null)));
            Receive<OperationSucceeded<VolumeDeleted>>(done => Delivered(done.RequestId, done.Operation, Checks.History.Summary(null, null)));
            // A sending may be refused for now, also one that comes late, when there is a result already. A result is delivered again.
            Receive<OperationFailed>(
                failed => failed.Error.Kind is ErrorKind.Overloaded or ErrorKind.Unavailable && _unanswered[failed.RequestId] > 0,
                failed => _unanswered[failed.RequestId]--);
            Receive<OperationFailed>(failed => Delivered(failed.RequestId, failed.Operation, Checks.History.Summary(null, failed.Error)));
        }

        public ITimerScheduler Timers { get; set; } = null!;

        protected override void PreStart() => Timers.StartPeriodicTimer("again", Again.Instance, AgainInterval);

        private void Delivered(RequestId request, OperationId operation, string summary)
        {
            _run.History.Delivered(request, operation, summary);
            if (_open.Remove(request, out var open))
                open.Delivered();
            AnyOwner().Tell(new ConfirmDelivery(request), Self);
        }

        private void Submit(Request request)
        {
            _unanswered[request.Id] = _unanswered.GetValueOrDefault(request.Id) + 1;
            AnyOwner().Tell(new SubmitOperation(request.Id, request.Command, Deliver: true), Self);
        }

        private ActorSelection AnyOwner()
        {
            var host = _run.Nodes[_chance.Next(_run.Nodes.Count)].Host;
            return Context.ActorSelection($"akka.tcp://mooring@{host}:4053/user/{VipOwnerActor.Name}-proxy");
        }
    }
}

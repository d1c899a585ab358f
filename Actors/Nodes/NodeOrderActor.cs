using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Mooring.Actors.Membership;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Actors.Nodes;

/// <summary>
/// Carries out one order for a whole node, for the owner of the virtual IP, and ends with it. The address follows the age of the members: to move it,
/// those that are older than its next owner begin anew, one after the other, this node last.
/// </summary>
internal sealed class NodeOrderActor : ReceiveActor
{
    private readonly MooringServices _services;
    private readonly IBlockStore _store;
    private readonly IActorRef _dispatcher;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly Queue<Member> _older = [];
    private NodeName _to;
    private bool _left;

    public NodeOrderActor(MooringServices services, IBlockStore store, IActorRef dispatcher)
    {
        (_services, _store, _dispatcher) = (services, store, dispatcher);
        Receive<INodeOrder>(order =>
        {
            var asker = Sender;
            _dispatcher.Tell(new GetNodes());
            Become(() =>
            {
                Receive<NodesListed>(nodes => OnNodes(order, nodes.Items, asker));
                Receive<QueryFailed>(failed => End(asker, failed));
                Receive<NodeOrdered>(done => End(asker, done));
            });
        });
    }

    public static Props Props(MooringServices services, IBlockStore store, IActorRef dispatcher) =>
        Akka.Actor.Props.Create(() => new NodeOrderActor(services, store, dispatcher));

    /// <inheritdoc/>
    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private void OnNodes(INodeOrder order, IReadOnlyList<NodeView> nodes, IActorRef asker)
    {
        switch (order)
        {
            case DrainNode drain when NodeOrders.ForbidsDrain(drain.Node, nodes) is { } error:
                End(asker, new QueryFailed(error));
                break;
            case DrainNode drain:
                var view = nodes.First(n => n.Name == drain.Node.Value);
                Write(
                    DrainRecords.AddAsync(_store, new Drain(drain.Node, view.Address, _services.Clock.GetUtcNow()), CancellationToken.None),
                    view.State == NodeOrders.Drained ? view : view with { State = NodeOrders.Draining });
                break;
            case ResumeNode resume when NodeOrders.ForbidsResume(resume.Node, nodes) is { } error:
                End(asker, new QueryFailed(error));
                break;
            case ResumeNode resume:
                Write(DrainRecords.RemoveAsync(_store, resume.Node, CancellationToken.None), nodes.First(n => n.Name == resume.Node.Value));
                break;
            case MoveVip move:
                Move(move, nodes, asker);
                break;
        }
    }

    private void Write(Task written, NodeView node) => written.PipeTo(
        Self, success: () => new NodeOrdered(node), failure: e => new QueryFailed(e.GetBaseException() is BlockStoreException store
            ? store.Error
            : new OperationError(ErrorKind.Internal, e.GetBaseException().Message)));

    private void Move(MoveVip move, IReadOnlyList<NodeView> nodes, IActorRef asker)
    {
        var byAge = _cluster.State.Members.OldestFirst().Select(m => (Member: m, View: nodes.FirstOrDefault(n => n.Member == m.Address.ToString()))).Where(m => m.View is not null).ToList();
        var (to, error) = NodeOrders.Target(move, _services.Settings.Node, [.. byAge.Select(m => m.View!)]);
        if (error is not null)
        {
            End(asker, new QueryFailed(error));
            return;
        }
        asker.Tell(new VipMoving(to));
        if (to == _services.Settings.Node)
        {
            Context.Stop(Self);
            return;
        }
        _to = to;
        foreach (var (member, _) in byAge.TakeWhile(m => m.View!.Name != to.Value))
        {
            if (member.Status == MemberStatus.Up && member.UniqueAddress != _cluster.SelfUniqueAddress)
                _older.Enqueue(member);
        }
        Become(Moving);
        Next();
    }

    private void Moving()
    {
        Receive<ClusterEvent.MemberRemoved>(removed => _left |= removed.Member.UniqueAddress == _older.Peek().UniqueAddress);
        Receive<ClusterEvent.MemberUp>(up =>
        {
            if (!_left || up.Member.Address != _older.Peek().Address)
                return;
            _older.Dequeue();
            Next();
        });
        Receive<ReceiveTimeout>(_ =>
        {
            _log.Warning("the virtual IP is not moved to {0}: {1} has not come back within {2}", _to, _older.Peek().Address, _services.Settings.TransitionMax);
            Context.Stop(Self);
        });
    }

    private void Next()
    {
        _left = false;
        _cluster.Unsubscribe(Self);
        if (_older.Count == 0)
        {
            _dispatcher.Tell(new LeaveForOther(_to));
            Context.Stop(Self);
            return;
        }
        _cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.MemberRemoved), typeof(ClusterEvent.MemberUp));
        Context.ActorSelection(new RootActorPath(_older.Peek().Address) / "user" / DispatcherActor.Name).Tell(new LeaveForOther(_to));
        Context.SetReceiveTimeout(_services.Settings.TransitionMax);
    }

    private void End(IActorRef asker, object answer)
    {
        asker.Tell(answer);
        Context.Stop(Self);
    }
}

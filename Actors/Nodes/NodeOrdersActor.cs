using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Mooring.Actors.Files;
using Mooring.Actors.Membership;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Actors.Nodes;

/// <summary>
/// Carries out orders for whole nodes: one on every node, since a node that is drained may be the only one left to tell it to resume. The virtual IP follows
/// the age of the members: to move it, those that are older than its next owner begin anew, one after the other, this node, which owns it, last.
/// </summary>
internal sealed class NodeOrdersActor : ReceiveActor, IWithStash
{
    /// <summary>Its name under the dispatcher.</summary>
    public const string Name = "orders";

    // It is in the cluster and was not seen to be out of reach a moment ago.
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(1);

    private readonly MooringServices _services;
    private readonly SharedStore _store;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly Queue<Member> _older = [];
    private NodeName _to;
    private bool _left;

    public NodeOrdersActor(MooringServices services)
    {
        (_services, _store) = (services, new SharedStore(services.Store, Name, 1));
        Idle();
    }

    /// <inheritdoc/>
    public IStash Stash { get; set; } = null!;

    public static Props Props(MooringServices services) => Akka.Actor.Props.Create(() => new NodeOrdersActor(services));

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        _ = _store.DisposeAsync().AsTask();
    }

    private void Idle() => Receive<INodeOrder>(order =>
    {
        var asker = Sender;
        Context.Parent.Tell(new GetNodes());
        Context.SetReceiveTimeout(_services.Settings.TransitionMax);
        Become(() =>
        {
            Receive<NodesListed>(nodes => CarryOutAsync(order, nodes.Items).PipeTo(Self, failure: e => new Done(
                order, null, [], new QueryFailed(e.GetBaseException() is BlockStoreException store ? store.Error : new OperationError(ErrorKind.Internal, e.GetBaseException().Message)))));
            Receive<Done>(done =>
            {
                // Of an order that was given up as too late.
                if (!ReferenceEquals(done.Order, order))
                    return;
                if (done.Drains is { } drains)
                    Context.Parent.Tell(new DrainsKnown(drains));
                if (done.Answer is not VipMoving moving || moving.To == _services.Settings.Node)
                {
                    End(asker, done.Answer);
                    return;
                }
                Ask(asker, moving, done.Nodes);
            });
            Receive<ReceiveTimeout>(_ => End(asker, new QueryFailed(new OperationError(ErrorKind.TimedOut, "the block store does not answer"))));
            Receive<INodeOrder>(_ => Stash.Stash());
        });
    });

    private void End(IActorRef asker, object answer)
    {
        asker.Tell(answer);
        End();
    }

    private void End()
    {
        _older.Clear();
        Context.SetReceiveTimeout(null);
        _cluster.Unsubscribe(Self);
        Become(Idle);
        Stash.UnstashAll();
    }

    private async Task<Done> CarryOutAsync(INodeOrder order, IReadOnlyList<NodeView> known)
    {
        // Where a service joins the cluster by means of its own, it must take its node out of it by them, too.
        if (_services.Seeds.Count == 0 && order is not MoveVip)
            throw new BlockStoreException(ErrorKind.Unsupported, "this node joins its cluster by other means than mooring.node.seeds, and is taken out of it by them");
        OperationError? error = null;
        var drains = await _store.UseAsync(store => DrainRecord.ChangeAsync(
            store,
            stands =>
            {
                var nodes = NodeOrders.With(known, stands);
                error = order switch
                {
                    DrainNode drain => NodeOrders.ForbidsDrain(drain.Node, nodes),
                    ResumeNode resume => NodeOrders.ForbidsResume(resume.Node, nodes),
                    _ => null,
                };
                return error is not null ? stands : order switch
                {
                    DrainNode { Node: var node } when stands.All(d => d.Node != node) => [.. stands, new Drain(node, nodes.First(n => n.Name == node.Value).Address, _services.Clock.GetUtcNow())],
                    ResumeNode { Node: var node } => [.. stands.Where(d => d.Node != node)],
                    _ => stands,
                };
            },
            CancellationToken.None)).ConfigureAwait(false);
        var views = NodeOrders.With(known, drains);
        if (order is MoveVip move)
        {
            (var to, error) = NodeOrders.Target(move, _services.Settings.Node, [.. ByAge(views).Select(m => m.View)]);
            return new Done(order, drains, views, error is null ? new VipMoving(to) : new QueryFailed(error));
        }
        var node = order is DrainNode drained ? drained.Node : ((ResumeNode)order).Node;
        return new Done(order, drains, views, error is not null
            ? new QueryFailed(error)
            : new NodeOrdered(views.FirstOrDefault(n => n.Name == node.Value) ?? known.First(n => n.Name == node.Value) with { State = NodeStates.Joining }));
    }

    // Who cannot be reached takes nothing over, and this node would have given it up.
    private void Ask(IActorRef asker, VipMoving moving, IReadOnlyList<NodeView> nodes)
    {
        var next = nodes.First(n => n.Name == moving.To.Value).Member!;
        Context.ActorSelection(new RootActorPath(Address.Parse(next)) / "user" / DispatcherActor.Name / JoinActor.Name).Tell(GetMembership.Instance);
        Context.SetReceiveTimeout(AnswerMax);
        Become(() =>
        {
            Receive<MembershipTold>(told =>
            {
                // Of an earlier question.
                if (told.Address != next)
                    return;
                asker.Tell(moving);
                Move(moving.To, nodes);
            });
            Receive<ReceiveTimeout>(_ => End(asker, new QueryFailed(new OperationError(ErrorKind.Busy, $"{moving.To}, which is to own the virtual IP, does not answer"))));
            Receive<INodeOrder>(_ => Stash.Stash());
        });
    }

    private void Move(NodeName to, IReadOnlyList<NodeView> nodes)
    {
        Context.SetReceiveTimeout(null);
        _to = to;
        foreach (var (member, view) in ByAge(nodes).TakeWhile(m => m.View.Name != to.Value))
        {
            // Who is on its way out needs no telling.
            if (view.State == NodeStates.Up && member.UniqueAddress != _cluster.SelfUniqueAddress)
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
        Receive<MoveVip>(move =>
        {
            if (move.To is null || move.To == _to)
                Sender.Tell(new VipMoving(_to));
            else
                Sender.Tell(new QueryFailed(new OperationError(ErrorKind.Busy, $"the virtual IP is being moved to {_to}")));
        });
        Receive<INodeOrder>(_ => Sender.Tell(new QueryFailed(new OperationError(ErrorKind.Busy, $"the virtual IP is being moved to {_to}"))));
        Receive<ReceiveTimeout>(_ =>
        {
            // Gone is all that the address needs of it.
            if (_left)
            {
                _log.Warning("{0} has not come back within {1}; the virtual IP goes on its way to {2}", _older.Dequeue().Address, _services.Settings.TransitionMax, _to);
                Next();
                return;
            }
            _log.Warning("the virtual IP is not moved to {0}: {1} has not left within {2}", _to, _older.Peek().Address, _services.Settings.TransitionMax);
            End();
        });
    }

    private void Next()
    {
        _left = false;
        _cluster.Unsubscribe(Self);
        if (_older.Count == 0)
        {
            Context.Parent.Tell(new LeaveForOther(_to));
            End();
            return;
        }
        _cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.MemberRemoved), typeof(ClusterEvent.MemberUp));
        Context.ActorSelection(new RootActorPath(_older.Peek().Address) / "user" / DispatcherActor.Name).Tell(new LeaveForOther(_to));
        Context.SetReceiveTimeout(_services.Settings.TransitionMax);
    }

    private IEnumerable<(Member Member, NodeView View)> ByAge(IReadOnlyList<NodeView> nodes) =>
        _cluster.State.Members.OldestFirst().SelectMany(member => nodes.Where(n => n.Member == member.Address.ToString()).Take(1), (member, view) => (member, view));

    private sealed record Done(INodeOrder Order, IReadOnlyList<Drain>? Drains, IReadOnlyList<NodeView> Nodes, object Answer) : INoSerializationVerificationNeeded;
}

using Akka.Actor.Internal;
using Akka.Annotations;
using Akka.Dispatch;
using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

/// <summary>A reference to an actor of this process.</summary>
[InternalApi]
public class LocalActorRef : ActorRefWithCell, ILocalRef
{
    private readonly ActorCell _cell;
    private readonly IInternalActorRef _supervisor;

    public LocalActorRef(
        ActorSystemImpl system, Props props, MessageDispatcher dispatcher, MailboxType mailboxType, IInternalActorRef supervisor, ActorPath path)
    {
        System = system;
        Props = props;
        Dispatcher = dispatcher;
        MailboxType = mailboxType;
        _supervisor = supervisor;
        Path = path;
        // A virtual call in a constructor is what lets test kits put their own cell in; overriders must not use their own fields.
        // ReSharper disable once VirtualMemberCallInConstructor
        _cell = NewActorCell(system, this, props, dispatcher, supervisor);
        _cell.Init(ShouldSupervise, mailboxType);
    }

    internal ActorSystemImpl System { get; }

    internal Props Props { get; }

    internal MessageDispatcher Dispatcher { get; }

    internal MailboxType MailboxType { get; }

    internal virtual bool ShouldSupervise => true;

    public ActorCell Cell => _cell;

    public override ICell Underlying => _cell;

    public override ActorPath Path { get; }

    public override IInternalActorRef Parent => _cell.Parent;

    internal IInternalActorRef Supervisor => _supervisor;

    public override IActorRefProvider Provider => _cell.SystemImpl.Provider;

    public override IEnumerable<IActorRef> Children => _cell.GetChildren();

    public override bool IsLocal => true;

    public override bool IsTerminated => _cell.IsTerminated;

    protected virtual ActorCell NewActorCell(
        ActorSystemImpl system, IInternalActorRef self, Props props, MessageDispatcher dispatcher, IInternalActorRef supervisor) =>
        new(system, self, props, dispatcher, supervisor);

    protected override void TellInternal(object message, IActorRef sender) => _cell.SendMessage(sender, message);

    public override void SendSystemMessage(ISystemMessage message) => _cell.SendSystemMessage(message);

    public override void Start() => _cell.Start();

    public override void Suspend() => _cell.Suspend();

    public override void Resume(Exception? causedByFailure = null) => _cell.Resume(causedByFailure);

    public override void Restart(Exception cause) => _cell.Restart(cause);

    public override void Stop() => _cell.Stop();

    public override IInternalActorRef GetSingleChild(string name) => _cell.GetSingleChild(name);

    public override IActorRef GetChild(IReadOnlyList<string> name) => Descend(this, name);

    private static IActorRef Descend(IInternalActorRef start, IReadOnlyList<string> names)
    {
        var current = start;
        for (var i = 0; i < names.Count; i++)
        {
            switch (names[i])
            {
                case "":
                    continue;
                case "..":
                    current = current.Parent;
                    continue;
            }
            if (current is ActorRefWithCell withCell)
            {
                current = withCell.GetSingleChild(names[i]);
                if (current is Nobody) return current;
                continue;
            }
            // not one of our cells: let it find the rest in its own way
            return current.GetChild(names.Skip(i).ToArray());
        }
        return current;
    }
}

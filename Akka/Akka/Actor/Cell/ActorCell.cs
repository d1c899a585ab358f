using Akka.Actor.Internal;
using Akka.Dispatch;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

/// <summary>The machinery of one actor: mailbox, behaviour, children, death watch and the reaction to failures.</summary>
/// <remarks>All of it runs on the thread that processes the mailbox, except sending and reserving names of children.</remarks>
public partial class ActorCell : IUntypedActorContext, ICell
{
    public const int UndefinedUid = 0;

    private readonly ActorSystemImpl _systemImpl;
    private readonly IInternalActorRef _self;
    private readonly Props _props;
    private readonly MessageDispatcher _dispatcher;
    private readonly IInternalActorRef _parent;
    private Mailbox _mailbox = null!;
    private ActorBase? _actor;
    private Receive? _behaviour;
    private Stack<Receive>? _behavioursBelow;
    private object? _currentMessage;
    private IActorRef? _sender;
    private int _currentEnvelopeId;
    private bool _actorHasBeenCleared;
    private ActorTaskScheduler? _taskScheduler;

    public ActorCell(ActorSystemImpl system, IInternalActorRef self, Props props, MessageDispatcher dispatcher, IInternalActorRef parent)
    {
        _systemImpl = system;
        _self = self;
        _props = props;
        _dispatcher = dispatcher;
        _parent = parent;
    }

    internal static ActorCell? Current => InternalCurrentActorCellKeeper.Current;

    public object? CurrentMessage => _currentMessage;

    public Mailbox Mailbox => Volatile.Read(ref _mailbox);

    public MessageDispatcher Dispatcher => _dispatcher;

    public bool IsLocal => true;

    public bool IsTerminated => Mailbox.IsClosed;

    internal ActorBase? Actor => _actor;

    internal bool ActorHasBeenCleared => _actorHasBeenCleared;

    public ActorSystem System => _systemImpl;

    public ActorSystemImpl SystemImpl => _systemImpl;

    public Props Props => _props;

    public IActorRef Self => _self;

    IActorRef IActorContext.Parent => _parent;

    public IInternalActorRef Parent => _parent;

    public IActorRef Sender => _sender ?? _systemImpl.DeadLetters;

    public bool HasMessages => Mailbox.HasMessages;

    public int NumberOfMessages => Mailbox.NumberOfMessages;

    /// <summary>Runs the async handlers of this actor; made with the first one.</summary>
    public virtual ActorTaskScheduler TaskScheduler =>
        Volatile.Read(ref _taskScheduler) ?? Interlocked.CompareExchange(ref _taskScheduler, new ActorTaskScheduler(this), null) ?? _taskScheduler;

    /// <summary>Counts the messages, so that a stash can tell a second Stash() of the same message.</summary>
    public int CurrentEnvelopeId => _currentEnvelopeId;

    /// <summary>Gives the cell its mailbox and attaches it to the dispatcher; processing starts with <see cref="Start"/>.</summary>
    public void Init(bool sendSupervise, MailboxType mailboxType)
    {
        var queue = mailboxType.Create(_self, _systemImpl);
        CheckRequirement(queue.GetType());
        var mailbox = _dispatcher.CreateMailbox(this, queue);
        SwapMailbox(mailbox);
        mailbox.SetActor(this);
        // the instance is created in the actor's own context: the first thing in its system queue
        mailbox.SystemEnqueue(_self, new Create());
        // who makes a child has entered it among the children already: the message only shows it in the log
        if (sendSupervise && _systemImpl.Settings.DebugLifecycle) _parent.SendSystemMessage(new Supervise(_self, async: false));
    }

    private void CheckRequirement(Type queueType)
    {
        var required = _systemImpl.Mailboxes.RequirementOf(_props.Type);
        if (required is null || required.IsAssignableFrom(queueType)) return;
        throw new IllegalActorStateException(
            $"Actor [{_self.Path}] requires mailbox type [{required}] got [{queueType}]");
    }

    internal Mailbox SwapMailbox(Mailbox mailbox) => Interlocked.Exchange(ref _mailbox, mailbox);

    public virtual void Start() => _dispatcher.Attach(this);

    /// <summary>For cells that want to do something before their actor starts.</summary>
    protected virtual void PreStart() { }

    public void Suspend() => SendSystemMessage(new Suspend());

    public void Resume(Exception? causedByFailure) => SendSystemMessage(new Resume(causedByFailure));

    public void Restart(Exception cause) => SendSystemMessage(new Recreate(cause));

    public void Stop() => SendSystemMessage(new Terminate());

    public virtual void SendMessage(Envelope message)
    {
        if (message.Message is null) throw new InvalidMessageException("Message is null");
        _dispatcher.Dispatch(this, message);
    }

    public virtual void SendMessage(IActorRef sender, object message) => SendMessage(new Envelope(message, sender));

    public virtual void SendSystemMessage(ISystemMessage systemMessage) => _dispatcher.SystemDispatch(this, (SystemMessage)systemMessage);

    public ActorSelection ActorSelection(string path) => ActorRefFactoryShared.ActorSelection(path, _systemImpl, _self);

    public ActorSelection ActorSelection(ActorPath path) => ActorRefFactoryShared.ActorSelection(path, _systemImpl);

    public void Become(Receive receive)
    {
        _behavioursBelow?.Clear();
        _behaviour = receive;
    }

    public void BecomeStacked(Receive receive)
    {
        if (_behaviour is not null) (_behavioursBelow ??= new()).Push(_behaviour);
        _behaviour = receive;
    }

    public void UnbecomeStacked()
    {
        if (_behavioursBelow is { Count: > 0 }) _behaviour = _behavioursBelow.Pop();
        else if (_actor is not null) _behaviour = _actor.InitialBehaviour;
    }

    void IUntypedActorContext.Become(UntypedReceive receive) => Become(message => { receive(message); return true; });

    void IUntypedActorContext.BecomeStacked(UntypedReceive receive) => BecomeStacked(message => { receive(message); return true; });

    /// <summary>Makes the actor instance, with this cell as the context of its constructor.</summary>
    private ActorBase NewActor()
    {
        PrepareForNewActor();
        var before = InternalCurrentActorCellKeeper.Current;
        InternalCurrentActorCellKeeper.Current = this;
        try
        {
            _behaviour = null;
            _behavioursBelow = null;
            var instance = CreateNewActorInstance() ?? throw new ActorInitializationException(_self, "NewActor returned null");
            if (_props.SupervisorStrategy is { } strategy) instance.SupervisorStrategyInternal = strategy;
            return instance;
        }
        finally
        {
            InternalCurrentActorCellKeeper.Current = before;
        }
    }

    protected virtual ActorBase CreateNewActorInstance()
    {
        var actor = _props.NewActor();
        if (actor is IActorStash { Stash: null } stashing) stashing.Stash = this.CreateStash(stashing);
        if (actor is IWithTimers timed) timed.Timers = new Scheduler.TimerScheduler(this);
        if (actor is IInitializableActor initializable) initializable.Init();
        return actor;
    }

    /// <summary>Runs the action with this cell as the current one.</summary>
    public void UseThreadContext(Action action)
    {
        var before = InternalCurrentActorCellKeeper.Current;
        InternalCurrentActorCellKeeper.Current = this;
        try
        {
            action();
        }
        finally
        {
            InternalCurrentActorCellKeeper.Current = before;
        }
    }

    protected void PrepareForNewActor() => _actorHasBeenCleared = false;

    protected void SetActorFields(ActorBase actor) => actor.Unclear();

    protected void ClearActor(ActorBase? actor)
    {
        if (actor is not null)
        {
            if (actor is IDisposable disposable)
            {
                try
                {
                    disposable.Dispose();
                }
                catch (Exception e)
                {
                    Publish(new Error(e, _self.Path.ToString(), actor.GetType(), $"An error occurred while disposing {actor.GetType()} actor. Reason: {e.Message}"));
                }
            }
            _props.Release(actor);
            actor.Clear(_systemImpl.DeadLetters);
        }
        _actorHasBeenCleared = true;
        _currentMessage = null;
        _behaviour = null;
        _behavioursBelow = null;
    }

    protected void ClearActorCell()
    {
        _sender = null;
        _currentMessage = null;
    }

    public static IActorRef GetCurrentSelfOrNoSender() => Current?._self ?? ActorRefs.NoSender;

    public static IActorRef GetCurrentSenderOrNoSender() => Current?.Sender ?? ActorRefs.NoSender;

    internal void Publish(LogEvent @event)
    {
        try
        {
            _systemImpl.EventStream.Publish(@event);
        }
        catch (Exception) when (_systemImpl.WhenTerminated.IsCompleted)
        {
            // nobody is left to log to
        }
    }

    internal void PublishDebug(string text) =>
        Publish(new Debug(_self.Path.ToString(), (_actor ?? (object)this).GetType(), text));

    public override string ToString() => "ActorCell(" + _self.Path + ")";
}

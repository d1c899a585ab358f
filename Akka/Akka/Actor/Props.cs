using System.Linq.Expressions;
using Akka.Util;
using Akka.Util.Reflection;

namespace Akka.Actor;

/// <summary>Makes actors in a way that the caller defines.</summary>
public interface IIndirectActorProducer
{
    Type ActorType { get; }

    ActorBase Produce();

    void Release(ActorBase actor);
}

/// <summary>How to make an actor, and where it is to run.</summary>
public class Props : IEquatable<Props>, ISurrogated
{
    private static readonly object[] NoArguments = [];
    private readonly IIndirectActorProducer _producer;

    protected Props()
    {
        Type = typeof(EmptyActor);
        Arguments = NoArguments;
        Deploy = new Deploy();
        _producer = new ActivatorProducer(Type, Arguments);
    }

    protected Props(Props copy)
    {
        Type = copy.Type;
        Arguments = copy.Arguments;
        Deploy = copy.Deploy;
        SupervisorStrategy = copy.SupervisorStrategy;
        _producer = copy._producer;
    }

    public Props(Type type, object[] args) : this(new Deploy(), type, args) { }

    public Props(Type type) : this(new Deploy(), type, NoArguments) { }

    public Props(Type type, SupervisorStrategy? supervisorStrategy, IEnumerable<object> args) : this(new Deploy(), type, args.ToArray()) =>
        SupervisorStrategy = supervisorStrategy!;

    public Props(Type type, SupervisorStrategy? supervisorStrategy, params object[] args) : this(new Deploy(), type, args) =>
        SupervisorStrategy = supervisorStrategy!;

    public Props(Deploy deploy, Type type, IEnumerable<object> args) : this(deploy, type, args.ToArray()) { }

    public Props(Deploy deploy, Type type, params object[] args)
    {
        Deploy = deploy ?? throw new ArgumentNullException(nameof(deploy));
        Arguments = args ?? NoArguments;
        if (typeof(IIndirectActorProducer).IsAssignableFrom(type))
        {
            _producer = (IIndirectActorProducer)Activator.CreateInstance(type, Arguments)!;
            ProducerType = type;
            Type = _producer.ActorType;
        }
        else
        {
            if (type is null) throw new ArgumentNullException(nameof(type), "Props must be instantiated with an actor type.");
            if (!typeof(ActorBase).IsAssignableFrom(type))
                throw new ArgumentException($"Unknown actor producer [{type.FullName}]", nameof(type));
            Type = type;
            _producer = new ActivatorProducer(type, Arguments);
        }
    }

    private Props(IIndirectActorProducer producer, object[] args)
    {
        Deploy = new Deploy();
        Arguments = args;
        Type = producer.ActorType;
        _producer = producer;
    }

    /// <summary>Props that cannot make an actor.</summary>
    public static readonly Props None = null!;

    /// <summary>Props of an actor that handles nothing.</summary>
    public static Props Empty => Create<EmptyActor>();

    public Type Type { get; }

    private Type? ProducerType { get; }

    public string Dispatcher => Deploy.Dispatcher == Deploy.NoDispatcherGiven ? Dispatch.Dispatchers.DefaultDispatcherId : Deploy.Dispatcher;

    public string Mailbox => Deploy.Mailbox;

    public string TypeName => Type.AssemblyQualifiedName!;

    public Deploy Deploy { get; protected set; }

    /// <summary>Null: the actor's own strategy.</summary>
    public SupervisorStrategy SupervisorStrategy { get; protected set; } = null!;

    public object[] Arguments { get; }

    /// <summary>Props from a constructor call; its arguments are evaluated once, here.</summary>
    public static Props Create<TActor>(Expression<Func<TActor>> factory, SupervisorStrategy? supervisorStrategy = null) where TActor : ActorBase
    {
        if (factory.Body is not NewExpression constructor)
            throw new ArgumentException("The create function must be a 'new T (args)' expression");
        return new Props(typeof(TActor), supervisorStrategy, constructor.GetArguments());
    }

    public static Props Create<TActor>(params object[] args) where TActor : ActorBase => new(typeof(TActor), args);

    public static Props Create<TActor>(SupervisorStrategy supervisorStrategy) where TActor : ActorBase, new() =>
        new(typeof(TActor), supervisorStrategy, NoArguments);

    public static Props Create(Type type, params object[] args)
    {
        if (type is null) throw new ArgumentNullException(nameof(type), "Props must be instantiated with an actor type.");
        return new Props(type, args);
    }

    public static Props CreateBy<TProducer>(params object[] args) where TProducer : class, IIndirectActorProducer => new(typeof(TProducer), args);

    public static Props CreateBy(IIndirectActorProducer producer, params object[] args) => new(producer, args);

    public Props WithMailbox(string mailbox) => With(Deploy.WithMailbox(mailbox));

    public Props WithDispatcher(string dispatcher) => With(Deploy.WithDispatcher(dispatcher));

    public Props WithStashCapacity(int stashCapacity) => With(Deploy.WithStashCapacity(stashCapacity));

    public Props WithDeploy(Deploy deploy) => With(deploy.WithFallback(Deploy));

    public Props WithSupervisorStrategy(SupervisorStrategy supervisorStrategy)
    {
        var copy = Copy();
        copy.SupervisorStrategy = supervisorStrategy;
        return copy;
    }

    private Props With(Deploy deploy)
    {
        var copy = Copy();
        copy.Deploy = deploy;
        return copy;
    }

    public virtual ActorBase NewActor()
    {
        try
        {
            return _producer.Produce();
        }
        catch (global::System.Reflection.TargetInvocationException e) when (e.InnerException is not null)
        {
            throw new TypeLoadException(
                $"Error while creating actor instance of type {Type} with {Arguments.Length} args: ({string.Join(",", Arguments)})", e.InnerException);
        }
        catch (MissingMethodException e)
        {
            throw new TypeLoadException(
                $"Error while creating actor instance of type {Type} with {Arguments.Length} args: ({string.Join(",", Arguments)})", e);
        }
    }

    internal void Release(ActorBase actor) => _producer.Release(actor);

    protected virtual Props Copy() => new(this);

    public bool Equals(Props? other) =>
        ReferenceEquals(this, other)
        || (other is not null && GetType() == other.GetType() && Type == other.Type && Deploy.Equals(other.Deploy)
            && Arguments.AsSpan().SequenceEqual(other.Arguments)
            && (_producer is ActivatorProducer == other._producer is ActivatorProducer));

    public override bool Equals(object? obj) => Equals(obj as Props);

    public override int GetHashCode() => HashCode.Combine(Type, Deploy, Arguments.Length);

    public override string ToString() => $"Props({Type.FullName})";

    public ISurrogate ToSurrogate(ActorSystem system) => new PropsSurrogate { Type = ProducerType ?? Type, Deploy = Deploy, Arguments = Arguments };

    /// <summary>The form in which props are serialized.</summary>
    public class PropsSurrogate : ISurrogate
    {
        public Type Type { get; set; } = null!;

        public Deploy Deploy { get; set; } = null!;

        public object[] Arguments { get; set; } = null!;

        public ISurrogated FromSurrogate(ActorSystem system) => new Props(Deploy, Type, Arguments);
    }

    private sealed class EmptyActor : UntypedActor
    {
        protected override void OnReceive(object message) => Unhandled(message);
    }

    private sealed class ActivatorProducer(Type type, object[] args) : IIndirectActorProducer
    {
        public Type ActorType => type;

        public ActorBase Produce() =>
            (ActorBase)(args.Length == 0 ? Activator.CreateInstance(type) : Activator.CreateInstance(type, args))!;

        public void Release(ActorBase actor) { }
    }
}

/// <summary>Props of an actor that is gone.</summary>
public class TerminatedProps : Props
{
    public TerminatedProps() { }

    public override ActorBase NewActor() => throw new InvalidOperationException("This actor has been terminated");
}

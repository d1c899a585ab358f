using Akka.Configuration;
using Akka.Util;

namespace Akka.Actor;

/// <summary>What is set for an actor beside its class: dispatcher, mailbox, stash and scope.</summary>
public class Deploy : IEquatable<Deploy>, ISurrogated
{
    public const int NoStashSize = -1;

    public static readonly string NoDispatcherGiven = "";
    public static readonly string NoMailboxGiven = "";
    public static readonly Scope NoScopeGiven = Actor.NoScopeGiven.Instance;
    public static readonly Deploy Local = new(Scope.Local);
    public static readonly Deploy None = null!;

    public Deploy() : this("", Config.Empty, NoScopeGiven, NoDispatcherGiven, NoMailboxGiven, NoStashSize) { }

    public Deploy(string path, Scope scope) : this(path, Config.Empty, scope, NoDispatcherGiven, NoMailboxGiven, NoStashSize) { }

    public Deploy(Scope scope) : this("", scope) { }

    internal Deploy(string path, Config config, Scope? scope, string? dispatcher, string? mailbox, int stashCapacity)
    {
        Path = path;
        Config = config;
        Scope = scope ?? NoScopeGiven;
        Dispatcher = dispatcher ?? NoDispatcherGiven;
        Mailbox = mailbox ?? NoMailboxGiven;
        StashCapacity = stashCapacity;
    }

    public string Path { get; }

    public Config Config { get; }

    public Scope Scope { get; }

    public string Mailbox { get; }

    public string Dispatcher { get; }

    public int StashCapacity { get; }

    /// <summary>What is not set here comes from the other.</summary>
    public virtual Deploy WithFallback(Deploy other) => new(
        Path,
        Config.Equals(other.Config) ? Config : Config.WithFallback(other.Config),
        Scope.WithFallback(other.Scope),
        Dispatcher == NoDispatcherGiven ? other.Dispatcher : Dispatcher,
        Mailbox == NoMailboxGiven ? other.Mailbox : Mailbox,
        StashCapacity == NoStashSize ? other.StashCapacity : StashCapacity);

    public virtual Deploy WithScope(Scope scope) => new(Path, Config, scope ?? Scope, Dispatcher, Mailbox, StashCapacity);

    public virtual Deploy WithMailbox(string mailbox) => new(Path, Config, Scope, Dispatcher, mailbox, StashCapacity);

    public virtual Deploy WithDispatcher(string dispatcher) => new(Path, Config, Scope, dispatcher, Mailbox, StashCapacity);

    public virtual Deploy WithStashCapacity(int stashSize) => new(Path, Config, Scope, Dispatcher, Mailbox, stashSize);

    public bool Equals(Deploy? other) =>
        ReferenceEquals(this, other)
        || (other is not null && Path == other.Path && Scope.Equals(other.Scope) && Dispatcher == other.Dispatcher
            && Mailbox == other.Mailbox && StashCapacity == other.StashCapacity);

    public override bool Equals(object? obj) => Equals(obj as Deploy);

    public override int GetHashCode() => HashCode.Combine(Path, Dispatcher, Mailbox, StashCapacity);

    public ISurrogate ToSurrogate(ActorSystem system) => new DeploySurrogate
    {
        Path = Path,
        Config = Config,
        Scope = Scope,
        Dispatcher = Dispatcher,
        Mailbox = Mailbox,
        StashCapacity = StashCapacity,
    };

    /// <summary>The form in which a deployment is serialized.</summary>
    public class DeploySurrogate : ISurrogate
    {
        public Scope? Scope { get; set; }

        public string Path { get; set; } = "";

        public Config? Config { get; set; }

        public string? Mailbox { get; set; }

        public string? Dispatcher { get; set; }

        public int StashCapacity { get; set; } = NoStashSize;

        public ISurrogated FromSurrogate(ActorSystem system) =>
            new Deploy(Path, Config ?? Config.Empty, Scope, Dispatcher, Mailbox, StashCapacity);
    }
}

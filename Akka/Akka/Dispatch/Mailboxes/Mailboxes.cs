using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;

namespace Akka.Dispatch;

/// <summary>Finds the mailbox type of an actor: by its own setting, its dispatcher's, what it requires, or the default.</summary>
public class Mailboxes
{
    public static readonly string DefaultMailboxId = "akka.actor.default-mailbox";
    public static readonly string NoMailboxRequirement = "";

    private readonly ActorSystem _system;
    private readonly Config _defaultMailboxConfig;
    private readonly Dictionary<Type, string> _idsByQueueType = [];
    private readonly ConcurrentDictionary<string, MailboxType> _types = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Type, Type?> _requirements = new();
    private readonly ConcurrentDictionary<(string Dispatcher, string Mailbox), int> _stashCapacities = new();
    private DeadLetterMailbox? _deadLetterMailbox;

    public Mailboxes(ActorSystem system)
    {
        _system = system;
        var config = system.Settings.Config;
        _defaultMailboxConfig = config.GetConfig(DefaultMailboxId) ?? Config.Empty;
        foreach (var entry in config.GetConfig("akka.actor.mailbox.requirements")?.AsEnumerable() ?? [])
        {
            var type = Type.GetType(entry.Key.Trim('"'));
            // a requirement of a package that is not there concerns nobody
            if (type is not null) _idsByQueueType[type] = entry.Value.GetString();
        }
    }

    public DeadLetterMailbox DeadLetterMailbox => _deadLetterMailbox ??= new DeadLetterMailbox(_system.DeadLetters);

    public bool HasRequiredType(Type actorType) => RequirementOf(actorType) is not null;

    /// <summary>The queue that the actor declares to need; null: any.</summary>
    public Type GetRequiredType(Type actorType) => RequirementOf(actorType)!;

    internal Type? RequirementOf(Type actorType) => _requirements.GetOrAdd(actorType, static type => Argument(type, typeof(IRequiresMessageQueue<>)));

    public bool ProducesMessageQueue(Type mailboxType) => Argument(mailboxType, typeof(IProducesMessageQueue<>)) is not null;

    private static Type? Argument(Type type, Type generic)
    {
        foreach (var each in type.GetInterfaces())
            if (each.IsGenericType && each.GetGenericTypeDefinition() == generic) return each.GetGenericArguments()[0];
        return null;
    }

    public MailboxType LookupByQueueType(Type queueType) =>
        _idsByQueueType.TryGetValue(queueType, out var id)
            ? Lookup(id)
            : throw new ConfigurationException($"Mailbox Mapping for [{queueType}] not configured");

    public MailboxType Lookup(string id) => _types.GetOrAdd(id, Create);

    private MailboxType Create(string id)
    {
        if (id == "unbounded") return new UnboundedMailbox();
        var own = _system.Settings.Config.GetConfig(id)
            ?? throw new ConfigurationException($"Mailbox Type [{id}] not configured");
        var config = own.WithFallback(_defaultMailboxConfig);
        var name = config.GetString("mailbox-type", "");
        if (string.IsNullOrEmpty(name)) throw new ConfigurationException($"The setting mailbox-type defined in [{id}] is empty");
        var type = Type.GetType(name)
            ?? throw new ConfigurationException($"Found mailbox-type [{name}] in configuration for [{id}], but could not find that type in any loaded assemblies.");
        return (MailboxType)Activator.CreateInstance(type, _system.Settings, config)!;
    }

    public MailboxType GetMailboxType(Props props, Config? dispatcherConfig)
    {
        var required = RequirementOf(props.Type);
        var dispatcherHasType = dispatcherConfig is not null && dispatcherConfig.HasPath("mailbox-type");
        var dispatcherRequires = dispatcherConfig?.GetString("mailbox-requirement", NoMailboxRequirement) ?? NoMailboxRequirement;

        MailboxType found;
        if (props.Deploy.Mailbox != Deploy.NoMailboxGiven) found = Lookup(props.Deploy.Mailbox);
        else if (props.Deploy.Dispatcher != Deploy.NoDispatcherGiven && dispatcherHasType) found = Lookup(dispatcherConfig!.GetString("id"));
        else if (required is not null) found = LookupByQueueType(required);
        else if (dispatcherRequires != NoMailboxRequirement)
            found = LookupByQueueType(Type.GetType(dispatcherRequires)
                ?? throw new ConfigurationException($"mailbox-requirement [{dispatcherRequires}] is no type"));
        else found = Lookup(DefaultMailboxId);

        if (required is not null && Argument(found.GetType(), typeof(IProducesMessageQueue<>)) is { } produced && !required.IsAssignableFrom(produced))
            throw new ArgumentException($"produced message queue type [{produced}] does not fulfill requirement for actor class [{props.Type}]. Must be a subclass of [{required}].");
        return found;
    }

    /// <summary>The capacity of the stash of actors with that dispatcher and mailbox; negative: no limit.</summary>
    public int StashCapacity(string dispatcher, string mailbox) => _stashCapacities.GetOrAdd((dispatcher, mailbox), key =>
    {
        var config = _system.Settings.Config;
        var ofDispatcher = string.IsNullOrEmpty(key.Dispatcher) ? _system.Dispatchers.DefaultDispatcherConfig : config.GetConfig(key.Dispatcher);
        if (ofDispatcher is not null && ofDispatcher.HasPath("stash-capacity")) return ofDispatcher.GetInt("stash-capacity", -1);
        var ofMailbox = string.IsNullOrEmpty(key.Mailbox) ? null : config.GetConfig(key.Mailbox);
        return (ofMailbox?.WithFallback(_defaultMailboxConfig) ?? _defaultMailboxConfig).GetInt("stash-capacity", -1);
    });
}

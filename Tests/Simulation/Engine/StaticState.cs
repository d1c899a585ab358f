using System.Reflection;

namespace Akka.Simulation;

/// <summary>
/// Akka.NET counts some of its objects for a whole process of the operating system, and the numbers show in names and versions: every world
/// begins with the same ones.
/// </summary>
internal static class StaticState
{
    private static readonly (string Assembly, string Type, string Field)[] Counters =
    [
        ("Akka", "Akka.Event.LoggingBus", "_loggerId"),
        ("Akka", "Akka.Event.EventStream", "UnsubscribersCounter"),
        ("Akka", "Akka.Actor.Inbox", "_inboxNr"),
        ("Akka.Remote", "Akka.Remote.Transport.AkkaProtocolTransport", "UniqueId"),
        ("Akka.Persistence", "Akka.Persistence.Eventsourced", "InstanceCounter"),
        ("Akka.DistributedData", "Akka.DistributedData.VersionVector", "Counter"),
    ];

    private static readonly List<Action> Resets = [.. Counters.Select(c => ResetOf(c.Assembly, c.Type, c.Field)).OfType<Action>()];

    public static void Reset()
    {
        foreach (var reset in Resets)
            reset();
    }

    private static Action? ResetOf(string assembly, string type, string name)
    {
        if (!File.Exists(Path.Combine(AppContext.BaseDirectory, assembly + ".dll")))
            return null;
        var field = Assembly.Load(assembly).GetType(type, throwOnError: true)!
            .GetField(name, BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.Static) ?? throw new MissingFieldException(type, name);
        var counter = field.GetValue(null)!;
        if (counter is int first)
            return () => field.SetValue(null, first);
        // One of Akka.Util's atomic counters.
        var current = counter.GetType().GetProperty("Current") ?? throw new MissingMemberException(counter.GetType().Name, "Current");
        var set = counter.GetType().GetMethod("GetAndSet") ?? throw new MissingMethodException(counter.GetType().Name, "GetAndSet");
        var beginning = current.GetValue(counter);
        return () => set.Invoke(counter, [beginning]);
    }
}

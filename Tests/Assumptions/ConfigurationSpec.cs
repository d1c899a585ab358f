using System.Globalization;
using System.Text.RegularExpressions;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using Akka.Configuration.Hocon;
using Akka.Persistence;
using Akka.Persistence.Sql;

namespace Mooring.Tests.Assumptions;

/// <summary>That akka.hocon is read as it is written, and that Akka.NET knows each of its keys.</summary>
public sealed partial class ConfigurationSpec
{
    /// <summary>Where Akka.NET takes names of one's own.</summary>
    private static readonly string[] OpenMaps = ["akka.actor.serializers.", "akka.actor.serialization-bindings.", "akka.actor.serialization-settings."];

    /// <summary>Where plugins with names of one's own stand, and what says which keys they have in common.</summary>
    private static readonly (string Plugins, string Fallback)[] PluginMaps =
    [
        ("akka.persistence.journal.", "akka.persistence.journal-plugin-fallback."),
        ("akka.persistence.snapshot-store.", "akka.persistence.snapshot-store-plugin-fallback."),
    ];

    private static readonly Config Ours = ConfigurationFactory.ParseString(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "akka.hocon")));

    // An unknown key is passed over in silence; an upgrade that renames one would undo a setting unseen.
    [Fact]
    public async Task Akka_knows_every_key_that_is_set_for_it()
    {
        var reference = await ReferenceAsync();

        var unknown = Leaves(Ours.GetValue("akka"), "akka").Select(leaf => leaf.Key).Where(key => !IsKnown(key, reference)).ToList();

        Assert.Empty(unknown);
        Assert.False(IsKnown("akka.cluster.gossip-intervall", reference));
        Assert.False(IsKnown("akka.persistence.journal.sql.circuit-breaker.max-failure", reference));
    }

    [Fact]
    public void Durations_and_sizes_are_read_as_they_are_written()
    {
        var (durations, sizes) = (0, 0);
        foreach (var (key, value) in Leaves(Ours.Root, "").Where(leaf => leaf.Value.IsString()))
        {
            if (Duration().Match(value.GetString()) is { Success: true } duration)
            {
                Assert.Equal((key, AsDuration(duration)), (key, value.GetTimeSpan(false)));
                durations++;
            }
            else if (Size().Match(value.GetString()) is { Success: true } size)
            {
                Assert.Equal((key, AsSize(size)), (key, value.GetByteSize()));
                sizes++;
            }
        }
        Assert.True(durations > 50 && sizes > 2, $"{durations} durations, {sizes} sizes");
    }

    [GeneratedRegex(@"^(\d+)\s*(ms|s|m|h)$")]
    private static partial Regex Duration();

    [GeneratedRegex(@"^(\d+)\s*(KiB|MiB)$")]
    private static partial Regex Size();

    private static TimeSpan AsDuration(Match match)
    {
        var number = Number(match);
        return match.Groups[2].Value switch
        {
            "ms" => TimeSpan.FromMilliseconds(number),
            "s" => TimeSpan.FromSeconds(number),
            "m" => TimeSpan.FromMinutes(number),
            _ => TimeSpan.FromHours(number),
        };
    }

    private static long? AsSize(Match match) => Number(match) << (match.Groups[2].Value == "KiB" ? 10 : 20);

    private static long Number(Match match) => long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);

    /// <summary>What the packages say themselves, all of them that Mooring starts.</summary>
    private static async Task<Config> ReferenceAsync()
    {
        var system = ActorSystem.Create("reference", """
            akka {
              loggers = []
              stdout-loglevel = OFF
              actor.provider = cluster
              remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
              coordinated-shutdown { run-by-clr-shutdown-hook = off, exit-clr = off }
            }
            """);
        _ = Persistence.Instance.Apply(system);
        _ = ClusterSharding.Get(system);
        var merged = system.Settings.Config
            .WithFallback(ClusterSingleton.DefaultConfig())
            .WithFallback(SqlPersistence.DefaultConfiguration);
        await system.Terminate().WaitAsync(ClusterNode.Limit);
        return merged;
    }

    private static bool IsKnown(string key, Config reference)
    {
        if (reference.HasPath(key) || OpenMaps.Any(map => key.StartsWith(map, StringComparison.Ordinal)))
            return true;
        foreach (var (plugins, fallback) in PluginMaps)
        {
            if (key.StartsWith(plugins, StringComparison.Ordinal) && key.IndexOf('.', plugins.Length) is > 0 and var cut)
                return reference.HasPath(fallback + key[(cut + 1)..]);
        }
        return false;
    }

    private static IEnumerable<(string Key, HoconValue Value)> Leaves(HoconValue value, string path) => value.IsObject()
        ? value.GetObject().Items.SelectMany(item => Leaves(item.Value, path.Length == 0 ? item.Key : $"{path}.{item.Key}"))
        : [(path, value)];
}

using System.Collections;
using Akka.Configuration;
using Mooring.Actors;
using Mooring.Actors.Files;
using Mooring.StorageNode.Configuration;

namespace Mooring.Tests.Pure;

public class ConfigurationCheckTests
{
    private static readonly Hashtable NoEnvironment = [];
    private static readonly Config Standard = ConfigurationFactory.ParseString(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "akka.hocon")));

    [Fact]
    public void The_default_itself_is_accepted()
    {
        Assert.Null(ConfigurationCheck.UnknownKey(Standard, Standard));
        Assert.Equal("embedded", Load().Backend);
    }

    [Theory]
    [InlineData("vip.adress=127.0.0.101", "mooring.vip.adress")]
    [InlineData("workes.count=3", "mooring.workes")]
    [InlineData("mooring.vip.lease.durations=1s", "mooring.vip.lease.durations")]
    [InlineData("node.name.first=a", "mooring.node.name")]
    public void A_key_that_is_not_named_there_is_told_with_its_path(string setting, string key)
    {
        var refused = Assert.Throws<ConfigurationException>(() => Load(setting));

        Assert.Contains(key, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    // Nobody must take a door for shut that is open.
    [Theory]
    [InlineData("on", true)]
    [InlineData("off", false)]
    [InlineData("enabled", null)]
    [InlineData("1", null)]
    public void A_switch_is_on_or_off(string value, bool? isOn)
    {
        var configuration = Load($"http.tokens={value}");
        if (isOn is { } expected)
            Assert.Equal(expected, configuration.Flag("http.tokens"));
        else
            Assert.Throws<ConfigurationException>(() => configuration.Flag("http.tokens"));
    }

    [Fact]
    public void Keys_of_akka_are_not_judged() => Load("akka.whatever.it.is=1");

    [Theory]
    [InlineData("workers.count=0")]
    [InlineData("workers.count=many")]
    [InlineData("node.name=a b")]
    [InlineData("health.period=soon")]
    [InlineData("health.period=0s")]
    [InlineData("backend=tape")]
    [InlineData("vip.lease.duration=400ms")]
    [InlineData("nonsense")]
    public void A_value_that_cannot_be_is_refused_in_one_line(string setting)
    {
        var refused = Assert.Throws<ConfigurationException>(() => Load(setting));

        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public void The_command_line_wins_over_the_environment_and_that_over_the_file()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "mooring { workers.count = 3, volumes.queue-max = 3, operations.open-max = 3 }");
            var environment = new Hashtable { ["MOORING_SET_workers__count"] = "4", ["MOORING_SET_volumes__queue-max"] = "4" };
            var settings = NodeConfiguration.Load(file, ["workers.count=5"], environment).Settings;

            Assert.Equal((5, 4, 3), (settings.WorkerCount, settings.VolumeQueueMax, settings.OpenOperationsMax));
        }
        finally
        {
            File.Delete(file);
        }
    }

    public static TheoryData<string> ActorKeys => [.. Flat(Standard.GetConfig("mooring")).Where(IsForActors)];

    // Takes each key away in turn: the actors' settings must name it, so that all of them are in akka.hocon and none is read from thin air.
    [Theory]
    [MemberData(nameof(ActorKeys))]
    public void Every_setting_of_the_actors_comes_from_akka_hocon(string key)
    {
        var without = ConfigurationFactory.ParseString($"{key} = \"\"").WithFallback(Standard.GetConfig("mooring"));
        var refused = Assert.Throws<ConfigurationException>(() => MooringSettings.From(without));

        Assert.Contains("mooring." + key, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_actors_read_as_many_keys_as_they_have_settings()
    {
        // Two keys, address and port, make one setting; the settings of files are in one of their own.
        Assert.Equal(typeof(MooringSettings).GetProperties().Length + typeof(FileSettings).GetProperties().Length, Flat(Standard.GetConfig("mooring")).Count(IsForActors));
        Assert.Equal("127.0.0.11:8470", MooringSettings.From(Standard.GetConfig("mooring")).HttpAddress);
    }

    private static NodeConfiguration Load(params string[] settings) => NodeConfiguration.Load(null, settings, NoEnvironment);

    // What a node mounts is the host's.
    private static bool IsForActors(string key) =>
        key is "node.name" or "node.address" or "node.silent-seed-max" or "http.port"
        || (key is not ("files.mounts" or "files.mount-timeout")
            && new[] { "vip.lease.", "workers.", "volumes.", "operations.", "files.", "health." }.Any(area => key.StartsWith(area, StringComparison.Ordinal)));

    private static IEnumerable<string> Flat(Config config) => config.AsEnumerable().SelectMany(pair => Flat(pair.Key, pair.Value));

    private static IEnumerable<string> Flat(string path, Akka.Configuration.Hocon.HoconValue value) => value.IsObject()
        ? value.GetObject().Items.SelectMany(item => Flat($"{path}.{item.Key}", item.Value))
        : [path];
}

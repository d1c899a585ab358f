using System.Collections;
using System.Globalization;
using Akka.Configuration;
using Mooring.Actors;
using Mooring.Palettes;
using Mooring.StorageNode.Vip.Linux;

namespace Mooring.StorageNode.Configuration;

/// <summary>What the node was told: the default, a file, environment variables and the command line, the later winning.</summary>
internal sealed class NodeConfiguration
{
    private const string EnvironmentPrefix = "MOORING_SET_";

    private static readonly string[] Roots = ["akka.", "mooring.", "petabridge."];

    private NodeConfiguration(Config merged) => Merged = merged;

    /// <summary>Everything, <c>mooring { }</c>, <c>akka { }</c> and <c>petabridge { }</c>.</summary>
    public Config Merged { get; }

    /// <summary>Which block store: <c>embedded</c> or <c>ceph</c>.</summary>
    public string Backend => Text("backend");

    /// <summary>Which journal: <c>store</c> or <c>sql</c>.</summary>
    public string Journal => Text("journal");

    /// <summary>The directory of the embedded store.</summary>
    public string DataDirectory => Path.GetFullPath(Text("embedded.data-dir"));

    /// <summary>How long the first start tries to reach the block store; a local directory is there or it is not.</summary>
    public TimeSpan StartTimeout => Backend == "ceph" ? Time("ceph.start-timeout") : TimeSpan.Zero;

    /// <summary>Puts the parts together and checks them.</summary>
    /// <param name="file">The operator's file, if any.</param>
    /// <param name="settings"><c>key=value</c> from the command line; keys that do not begin with <c>akka.</c>, <c>mooring.</c> or
    /// <c>petabridge.</c> are Mooring's.</param>
    /// <param name="environment">The environment variables.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="ConfigurationException">With one clear line.</exception>
    public static NodeConfiguration Load(string? file, IEnumerable<string> settings, IDictionary environment)
    {
        var standard = ReadFile(Path.Combine(AppContext.BaseDirectory, "akka.hocon"));
        var given = Parse(string.Join('\n', settings.Select(Assignment)), "the command line");
        var variables = environment.Cast<DictionaryEntry>()
            .Where(v => ((string)v.Key).StartsWith(EnvironmentPrefix, StringComparison.Ordinal))
            .Select(v => Assignment($"{((string)v.Key)[EnvironmentPrefix.Length..].Replace("__", ".", StringComparison.Ordinal)}={v.Value}"));
        given = given.WithFallback(Parse(string.Join('\n', variables), "the environment"));
        if (file is not null)
            given = given.WithFallback(ReadFile(file));
        if (ConfigurationCheck.UnknownKey(given, standard) is { } unknown)
            throw new ConfigurationException($"{unknown} is not a known key; akka.hocon names them all");
        var configuration = new NodeConfiguration(given.WithFallback(standard));
        if (configuration.Backend is not ("embedded" or "ceph"))
            throw new ConfigurationException($"mooring.backend = {configuration.Backend}: expected embedded or ceph");
        if (configuration.Journal is not ("store" or "sql"))
            throw new ConfigurationException($"mooring.journal = {configuration.Journal}: expected store or sql");
        var actors = configuration.Settings;
        if (configuration.Text("vip.mode") == "linux" && AddressLifetime.Problem(actors) is { } problem)
            throw new ConfigurationException(problem);
        return configuration;
    }

    /// <summary>The actors' part.</summary>
    public MooringSettings Settings => MooringSettings.From(Merged.GetConfig("mooring"));

    /// <summary>The console's part.</summary>
    public ConsoleSettings Console => new(Time("console.answer-timeout"), Time("console.ask-again-interval"), Time("console.operation-timeout"));

    /// <summary>A text under <c>mooring</c>.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The text.</returns>
    /// <exception cref="ConfigurationException">It is missing.</exception>
    public string Text(string key) => Merged.GetString("mooring." + key, null) is { Length: > 0 } value
        ? value
        : throw new ConfigurationException($"mooring.{key} is missing");

    /// <summary>A text under <c>mooring</c> that may be empty.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The text.</returns>
    public string TextOrEmpty(string key) => Merged.GetString("mooring." + key, "");

    /// <summary>A duration under <c>mooring</c>.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The duration.</returns>
    public TimeSpan Time(string key) => Merged.GetTimeSpan("mooring." + key, null, false);

    /// <summary>A whole number under <c>mooring</c>.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The number.</returns>
    /// <exception cref="ConfigurationException">It is not a whole number.</exception>
    public int Whole(string key) => int.TryParse(Text(key), CultureInfo.InvariantCulture, out var value)
        ? value
        : throw new ConfigurationException($"mooring.{key} = {Text(key)}: expected a whole number");

    /// <summary>A switch under <c>mooring</c>.</summary>
    /// <param name="key">The key.</param>
    /// <returns>Whether it is on.</returns>
    /// <exception cref="ConfigurationException">It says neither.</exception>
    public bool Flag(string key) => Text(key) switch
    {
        "on" or "true" or "yes" => true,
        "off" or "false" or "no" => false,
        var other => throw new ConfigurationException($"mooring.{key} = {other}: expected on or off"),
    };

    /// <summary>A list of texts under <c>mooring</c>.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The texts.</returns>
    public IReadOnlyList<string> Texts(string key) => [.. Merged.GetStringList("mooring." + key)];

    private static string Assignment(string setting)
    {
        var cut = setting.IndexOf('=', StringComparison.Ordinal);
        if (cut <= 0)
            throw new ConfigurationException($"'{setting}' is not key=value");
        var (key, value) = (setting[..cut].Trim(), setting[(cut + 1)..].Trim());
        if (!Roots.Any(root => key.StartsWith(root, StringComparison.Ordinal)))
            key = "mooring." + key;
        return $"{key} = {(value.StartsWith('[') ? value : Quoted(value))}";
    }

    private static string Quoted(string value) => "\"" + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";

    private static Config ReadFile(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"configuration file {path} cannot be read: {e.Message}", e);
        }
    }

    private static Config Parse(string text, string origin)
    {
        try
        {
            return ConfigurationFactory.ParseString(text);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new ConfigurationException($"{origin} is not valid HOCON: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }
}

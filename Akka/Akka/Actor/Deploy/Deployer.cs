using System.Collections.Concurrent;
using Akka.Configuration;
using Akka.Util;

namespace Akka.Actor;

/// <summary>The deployments of <c>akka.actor.deployment</c>, by path below /user.</summary>
public class Deployer
{
    protected readonly Config Default;

    private readonly ConcurrentDictionary<string, Deploy> _exact = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Deploy> _patterns = new(StringComparer.Ordinal);

    // asked for each actor that is made; a concurrent dictionary takes all its locks to say that it is empty
    private int _known;

    public Deployer(Settings settings)
    {
        var config = settings.Config.GetConfig("akka.actor.deployment");
        Default = config?.GetConfig("default") ?? Config.Empty;
        if (config is null) return;
        foreach (var entry in config.AsEnumerable())
        {
            if (entry.Key == "default") continue;
            var deploy = ParseConfig(entry.Key, config.GetConfig(Quoted(entry.Key)) ?? Config.Empty);
            if (deploy is not null) SetDeploy(deploy);
        }
    }

    private static string Quoted(string key) => key.StartsWith('"') ? key : "\"" + key + "\"";

    private bool IsEmpty => Volatile.Read(ref _known) == 0;

    public Deploy Lookup(ActorPath path) =>
        IsEmpty || path.Depth == 0 || path.Elements[0] != "user" ? null! : Find(string.Join("/", path.Elements.Skip(1)));

    public Deploy Lookup(IEnumerable<string> path) => Find(string.Join("/", path));

    private Deploy Find(string path)
    {
        if (IsEmpty) return null!;
        if (_exact.TryGetValue(path, out var exact)) return exact;
        if (_patterns.IsEmpty) return null!;
        var elements = path.Split('/');
        foreach (var (pattern, deploy) in _patterns)
            if (Matches(pattern.Split('/'), elements)) return deploy;
        return null!;
    }

    private static bool Matches(string[] pattern, string[] elements)
    {
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == "**") return elements.Length > i;
            if (i >= elements.Length || !elements[i].Like(pattern[i], caseSensitive: true)) return false;
        }
        return pattern.Length == elements.Length;
    }

    public void SetDeploy(Deploy deploy)
    {
        var path = deploy.Path.Trim('/');
        foreach (var element in path.Split('/'))
        {
            if (element.Length == 0) throw new IllegalActorNameException($"Actor name in deployment [{deploy.Path}] must not be empty");
            if (!element.Contains('*') && !ActorPath.IsValidPathElement(element))
                throw new IllegalActorNameException($"Illegal actor name [{element}] in deployment [${deploy.Path}].");
        }
        (path.Contains('*') ? _patterns : _exact)[path] = deploy;
        Volatile.Write(ref _known, 1);
    }

    public virtual Deploy ParseConfig(string key, Config config)
    {
        var deployment = config.WithFallback(Default);
        return new Deploy(
            key.Trim('"'), deployment, Deploy.NoScopeGiven, deployment.GetString("dispatcher", ""), deployment.GetString("mailbox", ""),
            deployment.GetInt("stash-capacity", Deploy.NoStashSize));
    }
}

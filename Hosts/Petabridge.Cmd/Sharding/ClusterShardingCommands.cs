using Akka.Actor;
using Akka.Cluster.Sharding;
using Petabridge.Cmd.Host;

namespace Petabridge.Cmd.Cluster.Sharding;

/// <summary>The palette <c>cluster-sharding</c>: the regions of the types that this node hosts.</summary>
public sealed class ClusterShardingCommands : CommandPaletteHandler
{
    /// <summary>The one to register.</summary>
    public static readonly ClusterShardingCommands Instance = new();

    private const string RegionsName = "regions";
    private const string StatsName = "region-stats";
    private const string TypeName = "type";

    private ClusterShardingCommands()
        : base(new CommandPalette("cluster-sharding",
        [
            new CommandDefinitionBuilder().WithName(RegionsName).WithDescription("Lists the types of entities that this node hosts, and the nodes of each type.").Build(),
            new CommandDefinitionBuilder().WithName(StatsName).WithDescription("Counts the shards and entities of a type on every node.")
                .WithArgument(a => a.WithName(TypeName).WithDescription("The type of entities; without it, all that this node hosts.")
                    .WithSwitch("-t").WithSwitch("-T").WithSwitch("--type"))
                .Build(),
        ]))
    {
    }

    /// <inheritdoc/>
    public override Props HandlerProps { get; } = Props.Create(() => new Handler());

    private sealed class Handler : CommandHandlerActor
    {
        private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(3);

        private readonly ClusterSharding _sharding = ClusterSharding.Get(Context.System);

        public Handler()
            : base(Instance.Palette)
        {
            Process(RegionsName, _ => Collect(_sharding.ShardTypeNames, ShowRegionsAsync));
            Process(StatsName, ShowStats);
        }

        private void ShowStats(Command command)
        {
            if (command.ArgumentValues(TypeName).FirstOrDefault() is not { } type)
                Collect(_sharding.ShardTypeNames, ShowStatsAsync);
            else if (_sharding.ShardTypeNames.Contains(type))
                Collect([type], ShowStatsAsync);
            else
                Sender.Tell(new ErroredCommandResponse($"not-found: this node hosts no type '{type}': {string.Join(", ", _sharding.ShardTypeNames.Order(StringComparer.Ordinal))}"));
        }

        private void Collect(IEnumerable<string> types, Func<string, Task<IEnumerable<string>>> show)
        {
            async Task<string> AllAsync() => string.Join('\n', (await Task.WhenAll(types.Order(StringComparer.Ordinal).Select(show))).SelectMany(lines => lines));
            AllAsync().PipeTo(
                Sender,
                success: text => new CommandResponse(text),
                failure: e => new ErroredCommandResponse(e is AskTimeoutException ? "timed-out: a region does not answer" : e.Message));
        }

        private async Task<IEnumerable<string>> ShowRegionsAsync(string type)
        {
            var answer = await _sharding.ShardRegion(type).Ask<CurrentRegions>(GetCurrentRegions.Instance, AnswerTime);
            return answer.Regions.OrderBy(r => r.ToString(), StringComparer.Ordinal).Select(region => $"{type} | {region}");
        }

        private async Task<IEnumerable<string>> ShowStatsAsync(string type)
        {
            var answer = await _sharding.ShardRegion(type).Ask<ClusterShardingStats>(new GetClusterShardingStats(AnswerTime), AnswerTime * 2);
            var lines = answer.Regions.OrderBy(r => r.Key.ToString(), StringComparer.Ordinal).Select(r =>
                $"{type} | {r.Key} | {r.Value.Stats.Count} shards | {r.Value.Stats.Values.Sum()} entities{(r.Value.Failed.Count > 0 ? $" | {r.Value.Failed.Count} shards did not answer" : "")}");
            return lines.Append($"{type} | total | {answer.Regions.Values.Sum(r => r.Stats.Count)} shards | {answer.Regions.Values.Sum(r => r.Stats.Values.Sum())} entities");
        }
    }
}

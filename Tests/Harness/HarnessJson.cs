using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mooring.Harness;

/// <summary>The files that the harness writes.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CephSandboxState))]
[JsonSerializable(typeof(NodeClusterState))]
[JsonSerializable(typeof(SupervisorOptions))]
[JsonSerializable(typeof(FailoverSummary))]
[JsonSerializable(typeof(FilesSummary))]
internal sealed partial class HarnessJson : JsonSerializerContext;

/// <summary>What is remembered of a running <see cref="CephSandbox"/>.</summary>
internal sealed record CephSandboxState(ProcessIdentity Owner, string Monitor, Dictionary<string, ProcessIdentity> Daemons);

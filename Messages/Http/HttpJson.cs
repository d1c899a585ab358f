using System.Text.Json.Serialization;

namespace Mooring.Messages.Http;

/// <summary>How the HTTP interface writes JSON: snake_case, nulls written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip)]
[JsonSerializable(typeof(VolumeShape))]
[JsonSerializable(typeof(VolumePage))]
[JsonSerializable(typeof(RowPage))]
[JsonSerializable(typeof(OperationShape))]
[JsonSerializable(typeof(OperationPage))]
[JsonSerializable(typeof(NodeShape))]
[JsonSerializable(typeof(NodePage))]
[JsonSerializable(typeof(CheckPage))]
[JsonSerializable(typeof(VipShape))]
[JsonSerializable(typeof(VipMoveBody))]
[JsonSerializable(typeof(VipMoveShape))]
[JsonSerializable(typeof(ProblemShape))]
[JsonSerializable(typeof(CreateFileSystemBody))]
[JsonSerializable(typeof(FileSystemShape))]
[JsonSerializable(typeof(FileSystemPage))]
[JsonSerializable(typeof(FileKeysShape))]
[JsonSerializable(typeof(GrantBody))]
[JsonSerializable(typeof(GrantShape))]
[JsonSerializable(typeof(EntryShape))]
[JsonSerializable(typeof(EntryPage))]
[JsonSerializable(typeof(TokenBody))]
[JsonSerializable(typeof(TokenShape))]
[JsonSerializable(typeof(TokenPage))]
[JsonSerializable(typeof(AuditEntryShape))]
[JsonSerializable(typeof(AuditPage))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(System.Text.Json.JsonElement))]
public sealed partial class HttpJson : JsonSerializerContext;

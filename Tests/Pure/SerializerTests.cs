using System.Text;
using System.Text.Json;
using Mooring.Actors.Files;
using Mooring.Actors.Serialization;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Tests.Pure;

/// <summary>Journals outlive versions: what was written once must be read for good.</summary>
public class SerializerTests
{
    // The serializer needs its actor system only for its base class.
    private static readonly MooringSerializer Serializer = new(null!);

    public static TheoryData<string> Manifests => [.. Golden.Keys];

    /// <summary>A sample of each event and snapshot, by manifest.</summary>
    internal static IReadOnlyDictionary<string, string> Samples => Golden;

    // Samples as version 1 wrote them. Never change one; add a new one beside it.
    private static readonly Dictionary<string, string> Golden = new()
    {
        ["operation-started"] = """{"operation":"op-000000000000000000000001","command":{"kind":"volume.copy","source":"rbd/a","volume":"rbd/b"},"attempt":2,"node":"node-1","worker":"embedded:1:x","imageIdBefore":"id-1","at":"2026-01-01T00:00:00+00:00"}""",
        ["operation-finished"] = """{"operation":"op-000000000000000000000001","command":{"kind":"volume.create","sizeBytes":10,"volume":"rbd/b"},"outcome":{"error":{"kind":"NotFound","detail":"no","errno":2},"attempts":1,"startedAt":"2026-01-01T00:00:00+00:00","finishedAt":"2026-01-01T00:00:01+00:00","executedBy":"node-1"},"leftovers":true}""",
        ["operation-settled"] = """{"operation":"op-000000000000000000000001"}""",
        ["source-held"] = """{"operation":"op-000000000000000000000001","target":"rbd/ns/b"}""",
        ["source-released"] = """{"operation":"op-000000000000000000000001"}""",
        ["ownership-taken"] = """{"epoch":"7","node":"node-2","at":"2026-01-01T00:00:00+00:00"}""",
        ["request-accepted"] = """{"operation":"op-000000000000000000000001","requestId":"r","command":{"kind":"volume.resize","sizeBytes":10,"allowShrink":true,"volume":"rbd/b"},"deliverTo":"akka.tcp://x@h:1/user/a","at":"2026-01-01T00:00:00+00:00"}""",
        ["request-finished"] = """{"operation":"op-000000000000000000000001","outcome":{"volume":{"volume":"rbd/b","id":"i","sizeBytes":10,"objectSizeBytes":4,"features":["layering"],"createdAt":"2026-01-01T00:00:00+00:00","metadata":{"k":"v"}},"attempts":1,"startedAt":"2026-01-01T00:00:00+00:00","finishedAt":"2026-01-01T00:00:01+00:00","executedBy":"node-1"},"settled":false}""",
        ["result-delivered"] = """{"operation":"op-000000000000000000000001","by":"node-2","at":"2026-01-01T00:00:00+00:00"}""",
        ["operations-forgotten"] = """{"operations":["op-000000000000000000000001"]}""",
        ["execute-operation"] = """{"operation":"op-000000000000000000000001","command":{"kind":"volume.delete","volume":"rbd/b"},"sequence":5,"recordedBefore":4}""",
        ["outcome-recorded"] = """{"volume":"rbd/b","before":6}""",
        ["operations-snapshot"] = """{"entries":[{"sequence":1,"id":"op-000000000000000000000001","requestId":"r","command":{"kind":"volume.create","sizeBytes":10,"volume":"rbd/b"},"deliverTo":"akka.tcp://x@h:1/user/a","acceptedAt":"2026-01-01T00:00:00+00:00","outcome":{"attempts":1,"startedAt":"2026-01-01T00:00:00+00:00","finishedAt":"2026-01-01T00:00:01+00:00","executedBy":"node-1"},"settled":true,"deliveredBy":"node-2"},{"sequence":2,"id":"op-000000000000000000000002","requestId":"s","command":{"kind":"volume.delete","volume":"rbd/b"},"acceptedAt":"2026-01-01T00:00:00+00:00","settled":false}],"sequence":2,"epoch":"7"}""",
        ["results-archived"] = """{"part":33554433,"operations":["op-000000000000000000000001"]}""",
        ["cancellation-asked"] = """{"operation":"op-000000000000000000000001","at":"2026-01-01T00:00:00+00:00"}""",
        ["results-dropped"] = """{"upToPart":33554433}""",
        ["archived-results"] = """{"entries":[{"sequence":1,"id":"op-000000000000000000000001","requestId":"r","command":{"kind":"volume.create","sizeBytes":10,"volume":"rbd/b"},"deliverTo":"akka.tcp://x@h:1/user/a","acceptedAt":"2026-01-01T00:00:00+00:00","outcome":{"attempts":1,"startedAt":"2026-01-01T00:00:00+00:00","finishedAt":"2026-01-01T00:00:01+00:00","executedBy":"node-1"},"settled":true,"deliveredBy":"node-2"},{"sequence":2,"id":"op-000000000000000000000002","requestId":"s","command":{"kind":"volume.delete","volume":"rbd/b"},"acceptedAt":"2026-01-01T00:00:00+00:00","settled":false}]}""",
        ["volume-snapshot"] = """{"active":{"operation":"op-000000000000000000000001","command":{"kind":"volume.delete","volume":"rbd/b"},"attempt":1,"workers":["w"],"startedAt":"2026-01-01T00:00:00+00:00","node":"node-1"},"ended":[{"operation":"op-000000000000000000000003","command":{"kind":"volume.copy","source":"rbd/a","volume":"rbd/b"},"outcome":{"error":{"kind":"Busy","detail":"no"},"attempts":0,"startedAt":"2026-01-01T00:00:00+00:00","finishedAt":"2026-01-01T00:00:01+00:00","executedBy":"node-1"},"settled":false,"sequence":5}],"holds":{"op-000000000000000000000002":"rbd/c"},"recordedBefore":6}""",
        ["file-system-planned"] = """{"fileSystem":"fs","requestId":"r","pool":"rbd","sizeBytes":1073741824,"areas":[{"number":0,"path":"/","image":"rbd/.mooring.fs.fs.0"}],"readers":2,"at":"2026-01-01T00:00:00+00:00"}""",
        ["file-system-made"] = """{"at":"2026-01-01T00:00:00+00:00"}""",
        ["file-system-abandoned"] = """{"error":{"kind":"NoSpace","detail":"full","errno":28}}""",
        ["file-system-removal-begun"] = """{"at":"2026-01-01T00:00:00+00:00"}""",
        ["file-system-removed"] = """{"at":"2026-01-01T00:00:00+00:00"}""",
        ["writer-appointed"] = """{"area":0,"epoch":"3","writer":"node-2","connection":"embedded:1:x","reason":"node-1 failed","at":"2026-01-01T00:00:00+00:00"}""",
        ["writer-admitted"] = """{"area":0,"epoch":"3","at":"2026-01-01T00:00:00+00:00"}""",
        ["reader-appointed"] = """{"area":0,"reader":"node-3","reason":"a reader was missing","at":"2026-01-01T00:00:00+00:00"}""",
        ["reader-dismissed"] = """{"area":0,"reader":"node-3","reason":"it failed","at":"2026-01-01T00:00:00+00:00"}""",
        ["name-node-snapshot"] = """{"plan":{"fileSystem":"fs","requestId":"r","pool":"rbd","sizeBytes":1073741824,"areas":[{"number":0,"path":"/","image":"rbd/.mooring.fs.fs.0"}],"readers":1,"at":"2026-01-01T00:00:00+00:00"},"phase":"Made","areas":[{"number":0,"path":"/","image":"rbd/.mooring.fs.fs.0","baseEpoch":"2","epoch":"3","writer":"node-2","connection":"embedded:1:x","admitted":true,"toFence":["embedded:2:y"],"readers":["node-3"]}],"nextBase":"2"}""",
    };

    [Theory]
    [MemberData(nameof(Manifests))]
    public void A_golden_sample_is_read_and_written_as_it_was(string manifest)
    {
        var read = Serializer.FromBinary(Encoding.UTF8.GetBytes(Golden[manifest]), manifest);
        var written = Encoding.UTF8.GetString(Serializer.ToBinary(read));

        Assert.Equal(manifest, Serializer.Manifest(read));
        Assert.True(JsonElement.DeepEquals(Parse(Golden[manifest]), Parse(written)), written);
    }

    [Fact]
    public void A_snapshot_from_before_requests_had_a_place_in_it_is_still_read()
    {
        var golden = Golden["volume-snapshot"].Replace("\"sequence\":5", "\"recorded\":true", StringComparison.Ordinal)
            .Replace(",\"recordedBefore\":6", "", StringComparison.Ordinal);

        var read = (Actors.Volumes.VolumeSnapshot)Serializer.FromBinary(Encoding.UTF8.GetBytes(golden), "volume-snapshot");

        Assert.Equal((0, null), (read.RecordedBefore, read.Ended.Single().Sequence));
    }

    [Fact]
    public void A_snapshot_with_an_archive_is_read_and_written_as_it_was()
    {
        var golden = Golden["operations-snapshot"].Replace(
            ",\"epoch\":",
            ",\"parts\":[{\"number\":33554433,\"firstSequence\":1,\"lastSequence\":2,\"lastFinishedAt\":\"2026-01-01T00:00:00+00:00\",\"marks\":\"AAAAAAEAAAA=\"}],\"epoch\":",
            StringComparison.Ordinal);

        var read = (Actors.Requests.OperationsSnapshot)Serializer.FromBinary(Encoding.UTF8.GetBytes(golden), "operations-snapshot");

        Assert.Equal((2, 2), (read.State().ArchivedCount, read.Parts![0].Count));
        Assert.True(JsonElement.DeepEquals(Parse(golden), Parse(Encoding.UTF8.GetString(Serializer.ToBinary(read)))));
    }

    [Fact]
    public void Every_event_and_snapshot_has_a_golden_sample()
    {
        var events = MooringSerializer.KnownTypes.Where(t => typeof(IVolumeEvent).IsAssignableFrom(t.Value) || typeof(IPendingOperationsEvent).IsAssignableFrom(t.Value)
            || typeof(INameNodeEvent).IsAssignableFrom(t.Value)
            || t.Key.EndsWith("-snapshot", StringComparison.Ordinal));

        Assert.Equal([], events.Select(t => t.Key).Except(Golden.Keys));
    }

    [Fact]
    public void Every_record_of_the_protocol_has_a_manifest()
    {
        var known = MooringSerializer.KnownTypes.Values.Select(t => t.IsGenericType ? t.GetGenericTypeDefinition() : t).ToHashSet();
        var parts = new[]
        {
            typeof(VolumeCommand), typeof(CreateVolume), typeof(DeleteVolume), typeof(ResizeVolume), typeof(CopyVolume), typeof(VolumeInfo), typeof(VolumeTies), typeof(VolumeDeleted),
            typeof(OperationError), typeof(OperationOutcome), typeof(OperationSetback), typeof(OperationView), typeof(NodeView), typeof(VipOwnership),
            typeof(CheckFinding), typeof(SnapshotSummary), typeof(VolumeMigration), typeof(FileSystemView), typeof(AreaInfo), typeof(AccessFailure), typeof(DataNodeAddress), typeof(PlannedArea),
        };
        var records = typeof(VolumeId).Assembly.GetTypes().Where(t =>
            t is { IsClass: true, IsPublic: true, Namespace: "Mooring.Messages" } && t.GetMethod("<Clone>$") is not null);

        Assert.Equal([], records.Except(known).Except(parts).Select(t => t.Name));
    }

    [Fact]
    public void An_unknown_manifest_is_refused() =>
        Assert.Throws<System.Runtime.Serialization.SerializationException>(() => Serializer.FromBinary([1], "nonsense"));

    [Fact]
    public void Malformed_bytes_are_refused() =>
        Assert.Throws<System.Runtime.Serialization.SerializationException>(() => Serializer.FromBinary("{"u8.ToArray(), "operation-settled"));

    [Fact]
    public void What_is_added_later_is_passed_over()
    {
        var read = Serializer.FromBinary("""{"operation":"op-000000000000000000000001","later":{"x":1}}"""u8.ToArray(), "operation-settled");

        Assert.Equal(new OperationSettled(new OperationId("op-000000000000000000000001")), read);
    }

    [Fact]
    public void A_snapshot_from_before_base_epochs_is_of_the_first_file_system_of_its_name()
    {
        var older = Golden["name-node-snapshot"].Replace("\"baseEpoch\":\"2\",", "", StringComparison.Ordinal).Replace(",\"nextBase\":\"2\"", "", StringComparison.Ordinal);
        var read = (NameNodeSnapshot)Serializer.FromBinary(Encoding.UTF8.GetBytes(older), "name-node-snapshot");

        Assert.Equal((0L, 0L, 3L), (read.NextBase.Value, read.Areas[0].BaseEpoch.Value, read.Areas[0].Epoch.Value));
    }

    private static JsonElement Parse(string json) => JsonDocument.Parse(json).RootElement;
}

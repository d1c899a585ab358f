using System.Text;
using System.Text.Json;
using Mooring.Actors.Serialization;
using Mooring.Messages.Wire;
using Mooring.Operations;
using Petabridge.Cmd.Wire;
using SerializationException = System.Runtime.Serialization.SerializationException;

namespace Mooring.Tests.Pure;

/// <summary>Whatever comes over the network is read or refused: no other exception, and little memory.</summary>
public class FuzzTests
{
    private const int Rounds = 20_000;
    private const long BytesMax = 100 << 20;

    private static readonly MooringSerializer Serializer = new(null!);

    [Fact]
    public void Messages()
    {
        string[] manifests = [.. MooringSerializer.KnownTypes.Keys, "", "System.Object", "nonsense"];
        var samples = SerializerTests.Samples.ToArray();
        Try<SerializationException>(chance =>
        {
            var (manifest, text) = samples[chance.Next(samples.Length)];
            var bytes = Changed(chance, Encoding.UTF8.GetBytes(text));
            if (chance.Next(4) == 0)
                manifest = manifests[chance.Next(manifests.Length)];
            return ($"{manifest} {Encoding.UTF8.GetString(bytes)}", () => Serializer.FromBinary(bytes, manifest));
        });
    }

    [Fact]
    public void Frames_of_the_data_port()
    {
        var sample = new byte[FrameConnection.HeaderBytes + 20];
        FrameConnection.WriteHeader(sample, FrameKind.Chunk, sample.AsSpan(FrameConnection.HeaderBytes));
        Try<WireException>(chance =>
        {
            var bytes = Changed(chance, sample);
            return (Convert.ToHexString(bytes), () =>
            {
                var connection = new FrameConnection(new MemoryStream(bytes), FrameConnection.StandardPayloadBytesMax);
                return connection.ReadAsync(default).AsTask().GetAwaiter().GetResult() is { } frame ? FrameConnection.Chunk(frame) : null;
            });
        });
    }

    [Fact]
    public void Bodies_of_requests()
    {
        var operations = OperationCatalog.All;
        var path = new Dictionary<string, string> { ["pool"] = "rbd", ["image"] = "a" };
        var samples = OperationCatalogTests.Commands.Select(HttpForm.BodyOf).OfType<byte[]>().ToArray();
        Try<FormatException>(chance =>
        {
            var operation = operations[chance.Next(operations.Count)];
            var bytes = Changed(chance, samples[chance.Next(samples.Length)]);
            return ($"{operation.Kind} {Encoding.UTF8.GetString(bytes)}", () =>
            {
                var body = BodyOf(bytes);
                var chosen = HttpForm.Choose([operation, operation], body);
                return HttpForm.Read(chosen, chosen.Route.Names.ToDictionary(name => name, name => path.GetValueOrDefault(name, name)).Concat(path).DistinctBy(p => p.Key).ToDictionary(), new Dictionary<string, string>(), body);
            });
        });
    }

    [Theory]
    [InlineData("""{"name":"\ud800"}""")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""{"pool":"\udc00","name":"a"}""")]
    public void A_body_with_half_a_character_is_refused(string body)
    {
        var operation = OperationCatalog.Find("volume.create")!;

        Assert.Throws<FormatException>(() =>
        {
            var json = BodyOf(Encoding.UTF8.GetBytes(body));
            HttpForm.Read(HttpForm.Choose([operation], json), new Dictionary<string, string>(), new Dictionary<string, string>(), json);
        });
    }

    [Theory]
    [InlineData("""{"operation":"op-000000000000000000000001","command":{"volume":"rbd/b"},"sequence":5,"recordedBefore":4}""")]
    [InlineData("""{"operation":"op-000000000000000000000001","command":7,"sequence":5,"recordedBefore":4}""")]
    [InlineData("""{"operation":"op-000000000000000000000001","command":{"kind":7},"sequence":5,"recordedBefore":4}""")]
    public void A_command_without_a_kind_is_refused(string message) =>
        Assert.Throws<SerializationException>(() => Serializer.FromBinary(Encoding.UTF8.GetBytes(message), "execute-operation"));

    [Fact]
    public void Tokens()
    {
        var (_, client) = ClientToken.Make("name", ClientRole.Viewer, [], DateTimeOffset.UnixEpoch, null);
        var key = new byte[32];
        Try<FormatException>(chance =>
        {
            var text = Encoding.Latin1.GetString(Changed(chance, Encoding.Latin1.GetBytes(client)));
            return (text, () => ClientToken.TryRead(text, out var name, out _) ? name : AccessToken.Verify(text, key));
        });
    }

    [Fact]
    public void Lines_and_frames_of_consoles()
    {
        var line = """volume create "rbd/a b" --size 10G \" 'c'"""u8.ToArray();
        Try<FormatException>(chance =>
        {
            var text = Encoding.UTF8.GetString(Changed(chance, line));
            return (text, () => CommandLine.Split(text));
        });
        var frame = FrameCodec.Encode(new ClientFrame("run", 1, 5, "volume", "create", ["rbd/a", "--size", "10G"]), WireJson.Default.ClientFrame);
        Try<InvalidDataException>(chance =>
        {
            var bytes = Changed(chance, frame);
            return (Encoding.UTF8.GetString(bytes), () => Read(bytes));
        });

        static object? Read(byte[] bytes)
        {
            try
            {
                return FrameCodec.ReadAsync(new MemoryStream(bytes), 1 << 16, default).GetAwaiter().GetResult() is { } body
                    ? FrameCodec.Decode(body, WireJson.Default.ClientFrame)
                    : null;
            }
            catch (EndOfStreamException)
            {
                return null;
            }
        }
    }

    private static JsonElement BodyOf(byte[] bytes) => HttpForm.ReadBodyAsync(new MemoryStream(bytes), default).GetAwaiter().GetResult();

    private static byte[] Changed(Random chance, byte[] sample)
    {
        if (chance.Next(10) == 0)
        {
            var any = new byte[chance.Next(100)];
            chance.NextBytes(any);
            return any;
        }
        var bytes = new List<byte>(sample);
        for (var changes = chance.Next(4); changes > 0 && bytes.Count > 0; changes--)
        {
            var at = chance.Next(bytes.Count);
            switch (chance.Next(6))
            {
                case 0:
                    bytes[at] = (byte)chance.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, chance.Next(1 + Math.Min(20, bytes.Count - at)));
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, chance.Next(1 + Math.Min(20, bytes.Count - at))));
                    break;
                default:
                    bytes.InsertRange(at, Morsels[chance.Next(Morsels.Length)]);
                    break;
            }
        }
        return [.. bytes];
    }

    // What parsers stumble over.
    private static readonly byte[][] Morsels =
    [
        .. new[]
        {
            "null", "{}", "[]", "\"\"", "\"", "\\", "\\ud800", "-1", "1e999", "99999999999999999999", "{\"", ":", ",", "}", "]", "0", "\n", "\0", "/", "//", "..", "true", "'", ".",
            new string('[', 200), new string('9', 400),
        }.Select(Encoding.UTF8.GetBytes),
        [255, 255, 255, 127], [255, 255, 255, 255], [0xed, 0xa0, 0x80],
    ];

    private static void Try<TRefused>(Func<Random, (string Input, Func<object?> Read)> make)
        where TRefused : Exception
    {
        const int seed = 8470;
        var chance = new Random(seed);
        for (var round = 0; round < Rounds; round++)
        {
            var (input, read) = make(chance);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var thrown = Record.Exception(() => { _ = read(); });
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(thrown is null or TRefused && allocated < BytesMax, $"seed {seed}, round {round}, {allocated} bytes: {input}\n{thrown}");
        }
    }
}

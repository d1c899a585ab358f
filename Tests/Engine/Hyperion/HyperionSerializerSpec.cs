using System.Collections.Immutable;
using System.Net;
using System.Numerics;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using Akka.TestKit.Xunit2;
using Xunit.Abstractions;

namespace Mooring.Tests.Engine.Hyperion;

/// <summary>What goes in comes out, and what must not come in does not.</summary>
public sealed class HyperionSerializerSpec : TestKit
{
    private readonly HyperionSerializer _serializer;

    public HyperionSerializerSpec(ITestOutputHelper output)
        : base(Akka.Configuration.Config.Empty, "hyperion", output) => _serializer = With(HyperionSerializerSettings.Default);

    public enum Color : byte
    {
        Red = 1,
        Blue = 200,
    }

    public readonly record struct VolumeId(string Pool, string Name);

    public abstract record Shape(string Label);

    public sealed record Circle(string Label, double Radius) : Shape(Label);

    public sealed record Everything(
        bool Flag, byte Byte, sbyte SByte, short Short, ushort UShort, int Int, uint UInt, long Long, ulong ULong, float Float, double Double,
        decimal Decimal, char Char, string? Text, DateTime Time, DateTimeOffset Moment, TimeSpan Span, Guid Guid, DateOnly Day, TimeOnly Clock,
        int? Some, int? None, Color Color, Color? MaybeColor, VolumeId Volume, VolumeId? MaybeVolume, object Boxed, Shape Shape);

    public sealed class Node
    {
        private readonly string _name;

        public Node(string name) => _name = name;

        public string Name => _name;

        public Node? Next { get; set; }

        public List<Node> Friends { get; } = [];
    }

    public sealed record Wrapper<T>(T Value);

    public sealed record Secret(string Text);

    public sealed record WithRef(IActorRef Ref, IActorRef? Nobody);

    public sealed class Known : IKnownTypesProvider
    {
        public IEnumerable<Type> GetKnownTypes() => [typeof(Circle)];
    }

    public sealed class Unsafe
    {
        public Action? Code;
    }

    private HyperionSerializer With(HyperionSerializerSettings settings) => new((ExtendedActorSystem)Sys, settings);

    private T Trip<T>(T value) => (T)_serializer.FromBinary(_serializer.ToBinary(value!), typeof(T));

    [Fact]
    public void A_record_with_fields_of_all_kinds_comes_back_equal()
    {
        var original = new Everything(
            true, 1, -2, -3, 4, int.MinValue, uint.MaxValue, long.MinValue, ulong.MaxValue, 1.5f, Math.PI, 12.345m, 'ü', "Grüße",
            new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc), new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(2)), TimeSpan.FromTicks(-7),
            Guid.Parse("6f9619ff-8b86-d011-b42d-00cf4fc964ff"), new DateOnly(2026, 2, 28), new TimeOnly(23, 59), 5, null, Color.Blue, Color.Red,
            new VolumeId("rbd", "one"), new VolumeId("rbd", "two"), 42L, new Circle("round", 2));

        Assert.Equal(original, Trip(original));
    }

    public static TheoryData<object> Roots =>
        new()
        {
            1, -1L, 2.5, "text", "", true, 'c', Color.Blue, new byte[] { 1, 2, 3 }, Array.Empty<int>(), new[] { 1, 2, 3 }, new[] { "a", null, "b" },
            new object?[] { 1, "two", null, 3.0, Color.Red },
            new List<int> { 1, 2 }, new List<Shape> { new Circle("a", 1) }, new Dictionary<string, int> { ["a"] = 1 }, new HashSet<string> { "x", "y" },
            new SortedDictionary<int, string> { [2] = "b", [1] = "a" }, new SortedSet<int> { 3, 1 }, new Queue<int>([1, 2]), new Stack<int>([1, 2, 3]),
            new LinkedList<int>([1, 2]), ImmutableArray.Create(1, 2), ImmutableList.Create("a", "b"), ImmutableHashSet.Create(1, 2),
            ImmutableSortedSet.Create(2, 1), ImmutableDictionary<string, int>.Empty.Add("a", 1), ImmutableSortedDictionary<int, string>.Empty.Add(1, "a"),
            ImmutableQueue.Create(1, 2), ImmutableStack.Create(1, 2), (1, "two", 3.0), Tuple.Create(1, "two"), new KeyValuePair<string, int>("k", 1),
            new Uri("https://example.org/a?b"), new Version(1, 2, 3),  BigInteger.Pow(7, 77),
            new VolumeId("p", "n"), new Wrapper<Wrapper<int[]>>(new Wrapper<int[]>([1])).Value.Value, new int[][] { [1], [2, 3] },
        };

    [Theory]
    [MemberData(nameof(Roots))]
    public void A_value_comes_back_equal_and_of_the_same_type(object original)
    {
        var copy = _serializer.FromBinary(_serializer.ToBinary(original), null!);

        Assert.IsType(original.GetType(), copy);
        Assert.Equivalent(original, copy, strict: true);
    }

    [Fact]
    public void Collections_keep_their_order_and_their_comparer()
    {
        var dictionary = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["Key"] = 1 };

        Assert.Equal(1, Trip(dictionary)["kEY"]);
        Assert.Equal(new[] { 3, 2, 1 }, Trip(new Stack<int>([1, 2, 3])));
        Assert.Equal(new[] { 3, 2, 1 }, Trip(ImmutableStack.Create(1, 2, 3)));
        Assert.Throws<SerializationException>(() => _serializer.ToBinary(new HashSet<string>(StringComparer.InvariantCulture)));
    }

    [Fact]
    public void Addresses_that_the_platform_made_its_own_types_for_are_addresses() =>
        Assert.Equal([IPAddress.Loopback, IPAddress.IPv6Any], Trip(new[] { IPAddress.Loopback, IPAddress.IPv6Any }));

    [Fact]
    public void Cycles_and_shared_objects_stay_what_they_are()
    {
        var first = new Node("first") { Next = new Node("second") };
        first.Next.Next = first;
        first.Friends.Add(first.Next);
        first.Friends.Add(first);

        var copy = Trip(first);

        Assert.Same(copy, copy.Next!.Next);
        Assert.Same(copy.Next, copy.Friends[0]);
        Assert.Same(copy, copy.Friends[1]);
        Assert.Equal(("first", "second"), (copy.Name, copy.Next.Name));
    }

    [Fact]
    public void Exceptions_keep_type_message_stack_and_cause()
    {
        Exception thrown;
        try
        {
            throw new InvalidOperationException("outer", new ArgumentException("inner"));
        }
        catch (InvalidOperationException e)
        {
            thrown = e;
        }

        var copy = Trip(thrown);

        Assert.IsType<InvalidOperationException>(copy);
        Assert.Equal("outer", copy.Message);
        Assert.Contains(nameof(Exceptions_keep_type_message_stack_and_cause), copy.StackTrace, StringComparison.Ordinal);
        Assert.Equal("inner", Assert.IsType<ArgumentException>(copy.InnerException).Message);
    }

    [Fact]
    public void Actor_references_addresses_and_paths_come_back()
    {
        Assert.Equal(new WithRef(TestActor, null), Trip(new WithRef(TestActor, null)));
        Assert.Equal(Sys.DeadLetters, Trip(new Wrapper<IActorRef>(Sys.DeadLetters)).Value);
        Assert.Equal(new Address("akka.tcp", "sys", "host", 1), Trip(new Wrapper<Address>(new Address("akka.tcp", "sys", "host", 1))).Value);
        Assert.Equal(TestActor.Path, Trip(new Wrapper<ActorPath>(TestActor.Path)).Value);
    }

    [Fact]
    public void A_type_is_named_once_and_known_types_not_at_all()
    {
        var one = _serializer.ToBinary(new Shape[] { new Circle("a", 1) }).Length;
        var two = _serializer.ToBinary(new Shape[] { new Circle("a", 1), new Circle("a", 1) }).Length;
        var known = With(HyperionSerializerSettings.Default.WithKnownTypesProvider(typeof(Known)));

        Assert.InRange(two - one, 1, 16);
        Assert.InRange(known.ToBinary(new Circle("a", 1)).Length, 1, 30);
        Assert.Equal(new Circle("a", 1), known.FromBinary(known.ToBinary(new Circle("a", 1)), null!));
    }

    [Fact]
    public void Code_and_platform_objects_are_refused()
    {
        Assert.Throws<SerializationException>(() => _serializer.ToBinary(new Action(() => { })));
        Assert.Throws<SerializationException>(() => _serializer.ToBinary(new Unsafe { Code = () => { } }));
        Assert.Throws<SerializationException>(() => _serializer.ToBinary(typeof(string)));
        Assert.Throws<SerializationException>(() => _serializer.ToBinary(new MemoryStream()));
        Assert.Throws<SerializationException>(() => _serializer.ToBinary(new Wrapper<object>(Task.CompletedTask)));
        Assert.Throws<SerializationException>(() => _serializer.ToBinary(new[] { 1 }.Select(i => i)));
    }

    [Fact]
    public void Only_allowed_types_are_made()
    {
        var bytes = _serializer.ToBinary(new Secret("text"));
        var circle = _serializer.ToBinary(new Circle("a", 1));
        var some = With(HyperionSerializerSettings.Default.WithAllowedTypes([typeof(Circle).FullName + ",   " + typeof(Circle).Assembly.GetName().Name]));
        var prefix = With(HyperionSerializerSettings.Default.WithAllowedTypes(["Mooring.Tests.Engine.Hyperion.*"]));

        Assert.Throws<SerializationException>(() => some.FromBinary(bytes, null!));
        Assert.Throws<SerializationException>(() => some.ToBinary(new Secret("text")));
        Assert.Equal(new Circle("a", 1), some.FromBinary(circle, null!));
        Assert.Equal(new Secret("text"), prefix.FromBinary(bytes, null!));
    }

    [Fact]
    public void Depth_is_bounded_on_both_sides()
    {
        var chain = new Node("0");
        for (var i = 0; i < 100_000; i++)
            chain = new Node("n") { Next = chain };

        Assert.Throws<SerializationException>(() => _serializer.ToBinary(chain));
    }

    [Fact]
    public void Depth_is_bounded_whoever_wrote_the_bytes()
    {
        var deep = With(HyperionSerializerSettings.Create(Akka.Configuration.ConfigurationFactory.ParseString("max-depth = 2000")
            .WithFallback(HyperionSerializer.DefaultConfiguration().GetConfig("akka.actor.serialization-settings.hyperion"))));
        object nested = "core";
        for (var i = 0; i < 1_000; i++)
            nested = new object[] { nested };
        var bytes = deep.ToBinary(nested);

        Assert.IsType<object[]>(deep.FromBinary(bytes, null!));
        Assert.Contains("max-depth", Assert.Throws<SerializationException>(() => _serializer.FromBinary(bytes, null!)).Message, StringComparison.Ordinal);
        Assert.Equal("still", Trip("still"));
    }

    [Fact]
    public void Counts_that_promise_more_than_the_bytes_hold_take_no_memory()
    {
        byte[][] payloads =
        [
            _serializer.ToBinary(new List<long> { 1, 2, 3 }), _serializer.ToBinary(new[] { "a", "b" }), _serializer.ToBinary("text"), _serializer.ToBinary(new byte[9]),
            _serializer.ToBinary(new Dictionary<string, int> { ["a"] = 1 }), _serializer.ToBinary(ImmutableList.Create(1, 2)), _serializer.ToBinary(new Circle("a", 1)),
        ];
        foreach (var payload in payloads)
        {
            for (var at = 1; at < payload.Length; at++)
            {
                byte[] damaged = [.. payload[..at], 0xFF, 0xFF, 0xFF, 0xFF, 0x07, .. payload[(at + 1)..]];
                var before = GC.GetAllocatedBytesForCurrentThread();
                try
                {
                    _serializer.FromBinary(damaged, null!);
                }
                catch (SerializationException)
                {
                    // what it should be, where the place was a count
                }
                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
            }
        }
    }

    [Fact]
    public void Damaged_bytes_never_do_worse_than_an_exception()
    {
        var bytes = _serializer.ToBinary(new Wrapper<object>(new List<Shape> { new Circle("abc", 1), new Circle("def", 2) }));
        var chance = new Random(4711);
        for (var round = 0; round < 3_000; round++)
        {
            var damaged = bytes.ToArray();
            for (var hits = chance.Next(1, 4); hits > 0; hits--)
                damaged[chance.Next(damaged.Length)] = (byte)chance.Next(256);
            if (chance.Next(4) == 0)
                damaged = damaged[..chance.Next(damaged.Length)];
            try
            {
                _serializer.FromBinary(damaged, null!);
            }
            catch (SerializationException)
            {
                // what it should be
            }
        }
    }
}

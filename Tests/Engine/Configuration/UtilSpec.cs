using Akka.Util;

namespace Mooring.Tests.Engine.ConfigurationSpecs;

public class UtilSpec
{
    [Fact]
    public void An_option_of_null_is_empty()
    {
        Option<string> none = null!;
        Assert.False(none.HasValue);
        Assert.Equal(Option<string>.None, none);
        Assert.Equal("x", none.GetOrElse("x"));
        Assert.Equal(new Option<int>(2), new Option<string>("ab").Select(text => text.Length));
    }

    [Fact]
    public void Either_is_folded_and_mapped_by_its_side()
    {
        Either<int, string> left = Either.Left(1);
        Either<int, string> right = Either.Right("x");
        Assert.Equal("left 1", left.Fold(i => $"left {i}", text => $"right {text}"));
        Assert.Equal("xx", right.MapRight(text => text + text).Value);
        Assert.True(left.IsLeft && right.IsRight);
    }

    [Fact]
    public void A_result_holds_a_value_or_what_was_thrown()
    {
        Assert.Equal(Result.Success(1), Result.From(() => 1));
        Assert.IsType<InvalidOperationException>(Result.From<int>(() => throw new InvalidOperationException()).Exception);
    }

    [Fact]
    public void String_hashes_never_change()
    {
        // sharding depends on these numbers: two versions that disagree would start an entity twice
        Assert.Equal(698990018, MurmurHash.StringHash("hello"));
        Assert.NotEqual(MurmurHash.StringHash("hello"), MurmurHash.StringHash("hellp"));
    }

    [Fact]
    public void Type_names_have_no_version()
    {
        Assert.Equal("Mooring.Tests.Engine.ConfigurationSpecs.UtilSpec, Mooring.Tests.Engine", typeof(UtilSpec).TypeQualifiedName());
        var generic = typeof(Dictionary<string, List<UtilSpec>>);
        Assert.DoesNotContain("Version", generic.TypeQualifiedName());
        Assert.Equal(generic, Type.GetType(generic.TypeQualifiedName()));
    }

    [Theory]
    [InlineData("1.2.3", "1.2.4", -1)]
    [InlineData("1.2.10", "1.2.9", 1)]
    [InlineData("1.2", "1.2.0", 0)]
    [InlineData("1.2.3-rc1", "1.2.3", -1)]
    [InlineData("1.2.3-rc1", "1.2.3-rc2", -1)]
    public void Versions_are_ordered_by_their_numbers(string one, string other, int expected) =>
        Assert.Equal(expected, Math.Sign(AppVersion.Create(one).CompareTo(AppVersion.Create(other))));

    [Fact]
    public void A_switch_that_fails_to_turn_stays_as_it_was()
    {
        var it = new Switch();
        Assert.Throws<InvalidOperationException>(() => it.SwitchOn(() => throw new InvalidOperationException()));
        Assert.True(it.IsOff);
        Assert.True(it.SwitchOn());
        Assert.False(it.SwitchOn());
    }

    [Fact]
    public void Temporary_names_are_short_and_differ() =>
        Assert.Equal(["$a", "$b", "$ab"], new long[] { 0, 1, 64 }.Select(n => n.Base64Encode("$")));
}

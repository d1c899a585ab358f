using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Tests.Pure;

/// <summary>Tokens by which clients show who they are.</summary>
public class ClientTokenTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Only_its_own_text_shows_a_token()
    {
        var (kept, text) = Make();
        var (_, other) = Make();

        Assert.True(IsShown(kept, text));
        Assert.False(IsShown(kept, other));
        Assert.DoesNotContain(text.Split('.')[1], kept.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void It_ends_when_its_time_is_over()
    {
        var (kept, text) = ClientToken.Make("short", ClientRole.Viewer, [], Now, Now.AddSeconds(1));

        Assert.True(IsShown(kept, text));
        Assert.True(ClientToken.TryRead(text, out _, out var secret));
        Assert.False(kept.IsShownBy(secret, Now.AddSeconds(1)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("name")]
    [InlineData("name.")]
    [InlineData(".AAAA")]
    [InlineData("name.AAAA")]
    [InlineData("Name.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("name/../x.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("name.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!")]
    [InlineData("name.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void What_has_not_the_form_of_a_token_is_none(string text) => Assert.False(ClientToken.TryRead(text, out _, out _));

    [Theory]
    [InlineData("A", "")]
    [InlineData("name", "a/b/c")]
    [InlineData("name", "pool/")]
    [InlineData("name", "fs:")]
    [InlineData("name\n", "pool")]
    public void What_is_not_well_formed_is_not_made(string name, string scope) =>
        Assert.Throws<FormatException>(() => ClientToken.Make(name, ClientRole.Viewer, [scope], Now, null));

    [Theory]
    [InlineData("rbd", "rbd", "", true)]
    [InlineData("rbd", "rbd", "team", true)]
    [InlineData("rbd", "rbd2", "", false)]
    [InlineData("rbd/team", "rbd", "team", true)]
    [InlineData("rbd/team", "rbd", "", false)]
    [InlineData("rbd/team", "rbd", "teams", false)]
    [InlineData("fs:docs", "docs", "", false)]
    public void A_scope_is_a_pool_or_a_namespace(string scope, string pool, string ns, bool reaches) =>
        Assert.Equal(reaches, Make(scope).Kept.Reaches(new VolumeId(pool, ns, "image")));

    [Fact]
    public void A_command_is_within_reach_when_all_that_it_names_is()
    {
        var token = Make("rbd").Kept;
        var (near, far) = (new VolumeId("rbd", "", "a"), new VolumeId("other", "", "b"));

        Assert.True(token.Reaches(new CopyVolume(near, near with { Image = "b" })));
        Assert.False(token.Reaches(new CopyVolume(near, far)));
        Assert.False(token.Reaches(new CopyVolume(far, near)));
        Assert.False(token.Reaches(new CreateVolume(near, 1) { DataPool = "other" }));
        Assert.False(token.Reaches(new AddToGroup(near, far)));
        Assert.True(Make().Kept.Reaches(new CopyVolume(near, far)));
    }

    [Fact]
    public void What_touches_more_than_it_names_is_for_those_who_may_go_everywhere()
    {
        var near = new VolumeId("rbd", "", "a");
        VolumeCommand[] commands =
        [
            new RollBackGroup(near, "s"), new CommitMigration(near), new BreakLock(near, "client.1", "id"), new SetQuota(near with { Image = "" }, 1, 1), new RemoveQuota(near with { Image = "" }),
        ];

        Assert.All(commands, command => Assert.False(Make("rbd").Kept.Reaches(command)));
        Assert.All(commands, command => Assert.True(Make().Kept.Reaches(command)));
    }

    [Fact]
    public void Who_makes_tokens_may_go_everywhere() =>
        Assert.Throws<FormatException>(() => ClientToken.Make("name", ClientRole.Admin, ["rbd"], Now, null));

    [Fact]
    public void A_question_is_within_reach_when_what_it_names_is_and_never_when_it_names_nothing()
    {
        var token = Make("rbd/team").Kept;
        GetRows Question(string kind, params (string, string)[] arguments) => new(kind, arguments.ToDictionary(), null, 100);
        bool Reaches(GetRows question) => token.Reaches(ReadCatalog.Find(question.Kind)!, question);

        Assert.True(Reaches(Question("trash.list", ("pool", "rbd/team"))));
        Assert.False(Reaches(Question("trash.list", ("pool", "rbd"))));
        Assert.False(Reaches(Question("pool.list")));
    }

    [Fact]
    public void A_file_system_is_within_reach_when_it_is_named()
    {
        Assert.True(Make("fs:docs").Kept.ReachesFileSystem("docs"));
        Assert.False(Make("fs:docs", "rbd").Kept.ReachesFileSystem("other"));
        Assert.False(Make("rbd").Kept.ReachesFileSystem("docs"));
        Assert.True(Make().Kept.ReachesFileSystem("docs"));
    }

    private static (ClientToken Kept, string Text) Make(params string[] scopes) => ClientToken.Make("name", ClientRole.Operator, scopes, Now, null);

    private static bool IsShown(ClientToken kept, string text) => ClientToken.TryRead(text, out var name, out var secret) && name == kept.Name && kept.IsShownBy(secret, Now);
}

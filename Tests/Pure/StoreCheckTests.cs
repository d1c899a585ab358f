using Mooring.Actors.Requests;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Tests.Pure;

public class StoreCheckTests
{
    private static readonly OperationId Over = OperationId.For(new RequestId("over")), UnderWay = OperationId.For(new RequestId("under-way"));

    [Theory]
    [InlineData("a", null)]
    [InlineData(".mooring.fs.mine.0", null)]
    [InlineData(".mooring.fs.gone.0", "unowned")]
    [InlineData(".mooring.else", "unknown")]
    public void An_image_is_judged_by_its_name(string image, string? kind) => Assert.Equal(kind, Judge(image)?.Kind);

    [Fact]
    public void A_name_without_a_whole_image_is_damage() => Assert.Equal(("damaged", "no header"), (Judge("a", "no header")?.Kind, Judge("a", "no header")?.Detail));

    [Fact]
    public void The_work_of_an_operation_that_is_over_is_a_stray_and_may_go()
    {
        Assert.Null(Judge(WorkOf(UnderWay)));
        var found = Judge(WorkOf(Over));
        Assert.Equal(("stray", true), (found?.Kind, found?.CanRepair));
    }

    [Fact]
    public void What_is_half_removed_may_go_unless_an_operation_is_about_it()
    {
        var open = new UnsettledOperations(new HashSet<OperationId> { UnderWay }, new HashSet<VolumeId> { VolumeId.Parse("rbd/busy") });

        Assert.Null(StoreCheck.JudgeRemoval(VolumeId.Parse("rbd/busy"), open));
        Assert.Null(StoreCheck.JudgeRemoval(new VolumeId("rbd", "", WorkOf(UnderWay)), open));
        Assert.Equal(("half-removed", true), StoreCheck.JudgeRemoval(VolumeId.Parse("rbd/gone"), open) is { } found ? (found.Kind, found.CanRepair) : default);
        Assert.NotNull(StoreCheck.JudgeRemoval(new VolumeId("rbd", "", WorkOf(Over)), open));
    }

    // The names are made in one place and read in another.
    [Fact]
    public void The_names_of_an_area_are_understood()
    {
        var area = new AreaId(new FileSystemName("a.b"), 12).Image("rbd");

        Assert.Null(StoreCheck.Judge([new CheckedImage(area, null)], new HashSet<OperationId>(), new HashSet<string> { "a.b" }).FirstOrDefault().Finding);
    }

    private static string WorkOf(OperationId operation) =>
        new AttemptContext(null!, operation, "volume.copy", 1, null, null, [], default, null!, null!, null!, default).WorkName(VolumeId.Parse("rbd/v"), 2).Image;

    private static CheckFinding? Judge(string image, string? damage = null) => StoreCheck.Judge(
        [new CheckedImage(new VolumeId("rbd", "", image), damage)], new HashSet<OperationId> { UnderWay }, new HashSet<string> { "mine" }).FirstOrDefault().Finding;
}

using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;

namespace Mooring.Tests.Pure;

public class ReconcileTests
{
    private static readonly VolumeId Volume = VolumeId.Parse("rbd/v");
    private static readonly CreateVolume Create = new(Volume, 100);
    private static readonly OperationId Operation = OperationId.For(new RequestId("r"));

    [Fact]
    public void Create_has_not_begun_when_the_name_is_still_free() =>
        Assert.Equal(Reconciliation.NotBegun, CreateVolumeOperation.Reconcile(Create, null, null));

    [Fact]
    public void Create_is_done_when_the_image_stands() =>
        Assert.Equal(Reconciliation.Done, CreateVolumeOperation.Reconcile(Create, new ImageId("a"), Image(100)));

    [Fact]
    public void Create_is_partial_when_the_name_is_taken_by_half_an_image() =>
        Assert.Equal(Reconciliation.Partial, CreateVolumeOperation.Reconcile(Create, new ImageId("a"), null));

    [Fact]
    public void Create_never_claims_an_image_of_another_size() =>
        Assert.Equal(Reconciliation.Foreign, CreateVolumeOperation.Reconcile(Create, new ImageId("a"), Image(101)));

    [Theory]
    [InlineData("old", null, Reconciliation.Done)]
    [InlineData("old", "old", Reconciliation.Partial)]
    [InlineData("old", "new", Reconciliation.Done)]
    public void Delete_removes_the_image_that_had_the_name_and_no_other(string before, string? found, Reconciliation expected) =>
        Assert.Equal(expected, DeleteVolumeOperation.Reconcile(before, found is null ? null : new ImageId(found)));

    [Theory]
    [InlineData(null, null, Reconciliation.NotBegun)]
    [InlineData("x", "this", Reconciliation.Done)]
    [InlineData("x", "another", Reconciliation.Foreign)]
    [InlineData("x", null, Reconciliation.Foreign)]
    public void Copy_is_done_only_when_the_image_carries_its_operation(string? found, string? madeBy, Reconciliation expected) => Assert.Equal(
        expected, CopyVolumeOperation.Reconcile(Operation, found is null ? null : new ImageId(found), madeBy == "this" ? Operation.Value : madeBy));

    [Theory]
    [InlineData("it", null, Reconciliation.NotBegun)]
    [InlineData("it", "it", Reconciliation.Partial)]
    [InlineData(null, "it", Reconciliation.Done)]
    [InlineData("new", "it", Reconciliation.Done)]
    [InlineData("it", "another", Reconciliation.Foreign)]
    [InlineData(null, null, Reconciliation.Foreign)]
    [InlineData("another", null, Reconciliation.Foreign)]
    public void Rename_follows_the_image_and_not_its_names(string? source, string? target, Reconciliation expected) => Assert.Equal(
        expected, RenameVolumeOperation.Reconcile("it", source is null ? null : new ImageId(source), target is null ? null : new ImageId(target)));

    private static ImageInfo Image(long size) => new(Volume, new ImageId("a"), size, 1 << 22, [], default, null);
}

using System.Text;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Packaging;

namespace MlOps.Tests.Packaging;

public sealed class TrustPolicyTests : IDisposable
{
    private readonly SigningKey _key = SigningKey.Create();
    private readonly SigningKey _other = SigningKey.Create();

    public void Dispose()
    {
        _key.Dispose();
        _other.Dispose();
    }

    [Fact]
    public void What_a_trusted_key_signed_is_valid()
    {
        var found = Verify(Signed());
        Assert.Equal((Verdict.Valid, _key.Public.Id, "keys/0.pub"), (found.Verdict, found.Key!.Key.Id, found.Key.Where));
        Assert.Null(found.Problem);
        Assert.Equal(Attestation.Statement().ToBytes(), found.Statement!.ToBytes());
    }

    [Fact]
    public void The_old_key_and_the_new_one_count_side_by_side()
    {
        var policy = Attestation.Trust(_key.Public.Until(new(2026, 6, 30)), _other.Public);
        foreach (var key in new[] { _key, _other })
        {
            Assert.Equal(key.Public.Id, policy.Verify(Bundle.Sign(Attestation.Statement(), key).ToBytes(), Attestation.Package.Digest, Attestation.Now).Key!.Key.Id);
        }
    }

    [Theory]
    [InlineData("2026-05-31", Verdict.ExpiredKey)]
    [InlineData("2026-06-01", Verdict.Valid)]
    public void A_key_counts_until_its_end_whatever_the_attestation_says(string end, Verdict expected) =>
        Assert.Equal(expected, Attestation.Trust(_key.Public.Until(DateOnly.Parse(end)), _key.Public).Verify(Signed(), Attestation.Package.Digest, Attestation.Now).Verdict);

    [Fact]
    public void Nobody_is_trusted_by_an_empty_policy() => Refused(Verdict.UnknownKey, "MLO7212", Signed(), Attestation.Trust());

    [Fact]
    public void Each_flaw_is_named()
    {
        var bundle = JsonNode.Parse(Signed())!;
        Refused(Verdict.UnknownKey, "MLO7212", Bundle.Sign(Attestation.Statement(), _other).ToBytes());
        Refused(Verdict.NoSignature, "MLO7211", Attestation.Statement().ToBytes());
        Refused(Verdict.NoSignature, "MLO7211", Changed(node => node["dsseEnvelope"]!["signatures"] = new JsonArray()));
        Refused(Verdict.NotABundle, "MLO7210", "{}"u8.ToArray());
        Refused(Verdict.OtherSubject, "MLO7216", Bundle.Sign(new([new("x", Digest.Of("y"))], "t", Attestation.Json("{}")), _key).ToBytes());
        Refused(Verdict.WrongSignature, "MLO7214", Changed(node => node["dsseEnvelope"]!["signatures"]![0]!["sig"] = "AAAA"));
        Refused(Verdict.WrongSignature, "MLO7214", Changed(node => node["dsseEnvelope"]!["payload"] = Convert.ToBase64String(Attestation.Statement("{}").ToBytes())));
        Refused(Verdict.PayloadAltered, "MLO7215", Changed(node => node["dsseEnvelope"]!["payload"] = "AAAA"));

        byte[] Changed(Action<JsonNode> change)
        {
            var copy = bundle.DeepClone();
            change(copy);
            return Encoding.UTF8.GetBytes(copy.ToJsonString());
        }
    }

    [Fact]
    public void Another_keys_signature_under_a_trusted_name_is_wrong()
    {
        var bytes = Encoding.UTF8.GetString(Bundle.Sign(Attestation.Statement(), _other).ToBytes());
        Refused(Verdict.WrongSignature, "MLO7214", Encoding.UTF8.GetBytes(bytes.Replace(_other.Public.Id.ToString(), _key.Public.Id.ToString(), StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("application/vnd.in-toto+json", "{}")]
    [InlineData("text/plain", null)]
    public void What_is_signed_has_to_be_a_statement(string type, string? payload)
    {
        var bytes = payload is null ? Attestation.Statement().ToBytes() : Encoding.UTF8.GetBytes(payload);
        var signature = _key.Sign([.. Encoding.ASCII.GetBytes($"DSSEv1 {type.Length} {type} {bytes.Length} "), .. bytes]);
        Refused(Verdict.NotAStatement, "MLO7217", Own(Convert.ToBase64String(bytes), $$"""[{"sig":"{{Convert.ToBase64String(signature)}}"}]""", type));
    }

    // Every bit of every byte, and 500 bytes that become any other: nothing in a bundle that is written here is harmless.
    [Fact]
    public void Every_changed_byte_is_found()
    {
        var (good, policy) = (Signed(), Attestation.Trust(_key.Public, _other.Public));
        var random = new Random(72);
        var bits = Enumerable.Range(0, good.Length * 8).Select(bit => (At: bit / 8, With: (byte)(1 << (bit % 8))));
        var bytes = Enumerable.Range(0, 500).Select(_ => (At: random.Next(good.Length), With: (byte)random.Next(1, 256)));
        foreach (var (at, with) in bits.Concat(bytes))
        {
            var bad = good.ToArray();
            bad[at] ^= with;
            var found = policy.Verify(bad, Attestation.Package.Digest, Attestation.Now);
            Assert.True(found.Verdict != Verdict.Valid && found.Problem is not null && found.Statement is null, $"byte {at} ^ {with}: {Encoding.UTF8.GetString(bad)}");
        }
    }

    [Fact]
    public void White_space_and_members_that_nobody_signed_change_nothing()
    {
        var node = JsonNode.Parse(Signed())!;
        node["note"] = "x";
        node["verificationMaterial"]!["tlogEntries"] = new JsonArray();
        node["dsseEnvelope"]!["signatures"]![0]!["keyid"] = "whatever";
        Assert.Equal(Verdict.Valid, Verify(Encoding.UTF8.GetBytes(node.ToJsonString(new() { WriteIndented = true }))).Verdict);
    }

    public static TheoryData<string, byte[]> Hostile() => new()
    {
        { "nothing", [] },
        { "deep", Encoding.UTF8.GetBytes(new string('[', 1_000_000)) },
        { "deep members", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 100_000))) },
        { "long base64", Text(new string('A', 100_000_000), "[]") },
        { "many signatures", Text("e30=", "[" + string.Join(',', Enumerable.Repeat("""{"sig":"AAAA"}""", 100_000)) + "]") },
        { "two signatures", Text("e30=", """[{"sig":"AAAA"},{"sig":"AAAA"}]""") },
        { "a null signature", Text("e30=", "[null]") },
        { "a null sig", Text("e30=", """[{"sig":null}]""") },
        { "loose base64", Text("e31=", "[]") },
        { "base64 with spaces", Text("e3 0=", "[]") },
        { "base64 of the other alphabet", Text("_-__", "[]") },
        { "base64 without end", Text("e30", "[]") },
        { "a number", Text("e30=", "7") },
        { "a member twice", Text("e30=", """[],"payload":"e30=" """) },
        { "bytes", [0xff, 0xfe, 0, 1] },
    };

    [Theory]
    [MemberData(nameof(Hostile), DisableDiscoveryEnumeration = true)]
    public void Hostile_bytes_are_no_bundle(string case_, byte[] bytes)
    {
        var found = Verify(bytes);
        Assert.True(found.Verdict == Verdict.NotABundle, case_);
        Assert.InRange(found.Problem!.ToString().Length, 20, 1000);
    }

    [Fact]
    public void A_name_from_outside_is_shown_short_and_on_one_line()
    {
        var what = Verify(Own("e30=", """[{"sig":"AAAA"}]""", hint: "a\\u001b[31m\\n\\u202e" + new string('x', 10_000))).Problem!.What;
        Assert.True(what.Length < 200 && !what.Any(c => char.IsControl(c) || c == '\u202e'), what);
    }

    private byte[] Signed() => Bundle.Sign(Attestation.Statement(), _key).ToBytes();

    private Verification Verify(byte[] bytes) => Attestation.Trust(_key.Public).Verify(bytes, Attestation.Package.Digest, Attestation.Now, "oci://x");

    private void Refused(Verdict verdict, string code, byte[] bytes, TrustPolicy? policy = null)
    {
        var found = (policy ?? Attestation.Trust(_key.Public)).Verify(bytes, Attestation.Package.Digest, Attestation.Now, "oci://x");
        Assert.Equal((verdict, code, "oci://x"), (found.Verdict, found.Problem?.Code, found.Problem?.Where));
        Assert.Null(found.Statement);
    }

    private byte[] Own(string payload, string signatures, string type = "application/vnd.in-toto+json", string? hint = null) => TextOf(payload, signatures, type, hint ?? _key.Public.Id.ToString());

    private static byte[] Text(string payload, string signatures) => TextOf(payload, signatures, "application/vnd.in-toto+json", "k");

    private static byte[] TextOf(string payload, string signatures, string type, string hint) => Encoding.UTF8.GetBytes(
        $$$"""{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{"hint":"{{{hint}}}"}},"dsseEnvelope":{"payload":"{{{payload}}}","payloadType":"{{{type}}}","signatures":{{{signatures}}}}}""");
}

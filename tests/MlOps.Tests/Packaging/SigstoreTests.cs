using System.Text;
using System.Text.Json.Nodes;
using MlOps.Packaging;

namespace MlOps.Tests.Packaging;

/// <summary>Bundles before <c>@sigstore/verify</c>.</summary>
public sealed class SigstoreTests : IDisposable
{
    private readonly SigningKey _key = SigningKey.Create();
    private readonly SigningKey _other = SigningKey.Create();

    public void Dispose()
    {
        _key.Dispose();
        _other.Dispose();
    }

    [SkippableFact]
    public void Sigstore_accepts_what_is_signed_here()
    {
        Skip.If(PackagingOracle.Absent is not null, PackagingOracle.Absent);
        Statement[] statements = [Attestation.Statement(), Attestation.Statement("{}"), Attestation.Statement("{\"x\":\"" + new string('ü', 100_000) + "\"}")];
        var payloads = PackagingOracle.Verify(_key.Public.ToPem(), _key.Public.Id.ToString(), statements.Select(statement => Encoding.UTF8.GetString(Bundle.Sign(statement, _key).ToBytes())));
        Assert.Equal(statements.Select(statement => statement.ToBytes()), payloads);
    }

    [SkippableFact]
    public void Sigstore_and_this_verifier_refuse_the_same_tampering()
    {
        Skip.If(PackagingOracle.Absent is not null, PackagingOracle.Absent);
        var tampered = Tampered().Select(one => one.ToJsonString()).ToList();
        var trust = Attestation.Trust(_key.Public);
        Assert.InRange(tampered.Count, 20, 30);
        Assert.All(tampered, text => Assert.NotEqual(Verdict.Valid, trust.Verify(Encoding.UTF8.GetBytes(text), Attestation.Package.Digest, Attestation.Now).Verdict));
        Assert.All(PackagingOracle.Verify(_key.Public.ToPem(), _key.Public.Id.ToString(), tampered), Assert.Null);
    }

    private IEnumerable<JsonNode> Tampered()
    {
        var payload = Attestation.Statement().ToBytes();
        var signature = Bundle.Sign(Attestation.Statement(), _key).Signature.ToArray();
        yield return Changed(node => Envelope(node)["payload"] = Convert.ToBase64String(payload[..^1]));
        yield return Changed(node => Envelope(node)["payload"] = Convert.ToBase64String([.. payload, (byte)' ']));
        yield return Changed(node => Envelope(node)["payload"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(payload).Replace("bike", "bake", StringComparison.Ordinal))));
        yield return Changed(node => Envelope(node)["payload"] = "");
        yield return Changed(node => Envelope(node).Remove("payload"));
        yield return Changed(node => Envelope(node)["payloadType"] = "application/vnd.in-toto+jsom");
        yield return Changed(node => Envelope(node)["payloadType"] = "");
        yield return Changed(node => Envelope(node).Remove("payloadType"));
        yield return Changed(node => Envelope(node)["signatures"] = new JsonArray());
        yield return Changed(node => Envelope(node).Remove("signatures"));
        yield return Changed(node => Envelope(node)["signatures"]!.AsArray().Add(new JsonObject { ["sig"] = Convert.ToBase64String(signature) }));
        yield return Signature([]);
        yield return Signature(signature[..^1]);
        yield return Signature([.. signature, 0]);
        yield return Signature([.. signature[..^1], (byte)(signature[^1] ^ 1)]);
        yield return Signature(new byte[64]);
        yield return Signature([0x30, 6, 2, 1, 0, 2, 1, 0]);
        yield return Signature(_key.Sign(payload));
        yield return Signature(Bundle.Sign(Attestation.Statement("{}"), _key).Signature.ToArray());
        yield return Signature(Bundle.Sign(Attestation.Statement(), _other).Signature.ToArray());
        yield return Changed(node => node["verificationMaterial"]!["publicKey"]!["hint"] = _other.Public.Id.ToString());
        yield return Changed(node => node["verificationMaterial"]!["publicKey"]!["hint"] = "");
        yield return Changed(node => node.AsObject().Remove("verificationMaterial"));
        yield return Changed(node => node["mediaType"] = "application/json");
        yield return Changed(node => node.AsObject().Remove("mediaType"));
        yield return Changed(node => node.AsObject().Remove("dsseEnvelope"));

        JsonNode Signature(byte[] bytes) => Changed(node => Envelope(node)["signatures"]![0]!["sig"] = Convert.ToBase64String(bytes));

        static JsonObject Envelope(JsonNode node) => node["dsseEnvelope"]!.AsObject();
    }

    private JsonNode Changed(Action<JsonNode> change)
    {
        var node = JsonNode.Parse(Bundle.Sign(Attestation.Statement(), _key).ToBytes())!;
        change(node);
        return node;
    }
}
